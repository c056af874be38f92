"""The third executor: many rows at once, by a plan that is derived from the grammar."""
