"""From bytes to numbered lines."""
