"""What a diagnosis sees of one host."""
