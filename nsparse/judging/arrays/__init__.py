"""Columns as numpy and Arrow hold them: codes, joins, counts."""
