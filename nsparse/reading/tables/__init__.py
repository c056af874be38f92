"""From numbered lines to tables of rows, with every line accounted for."""
