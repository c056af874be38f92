"""How fast nsparse reads, against other ways to read the same dumps: `python -m benchmarks`."""
