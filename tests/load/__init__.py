"""Many editors at once, against the served process: `python -m tests.load`."""
