"""Texts that are no socket tables, known by their look."""
