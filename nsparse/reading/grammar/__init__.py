"""One grammar a dialect, and the expressions that are derived from it."""
