"""What one bundle may cost, where the user says nothing."""

from __future__ import annotations

TIME_LIMIT = 300.0
"""Seconds a bundle. Most take less than one; a sosreport of a gigabyte takes half a minute."""
MEMORY_LIMIT = 4096
"""Megabytes a worker; a dump of a million sockets needs less than half of it."""
LEAST_MEMORY = 512
"""Megabytes; the libraries alone take half of this."""
