"""From findings to people: paths in, text, JSON and tables out."""
