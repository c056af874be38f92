"""Printers: what each tool would print of sockets that hypothesis invents.

A module here is written after the tool's own source, never after our grammar: a mistake in
one of the two is then found by the other (`tests/test_round_trip.py`).
"""
