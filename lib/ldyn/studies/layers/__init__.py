"""Studies of the second half of the low-cost chapter."""
