"""Lines that were cut or wrapped: what is left of them, and what belongs together."""
