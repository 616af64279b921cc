"""Figures, not tests: what a save costs in write units, read units and round trips, by size of draft."""
