"""Studies of the low-cost chapter."""
