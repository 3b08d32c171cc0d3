"""Real data: downloaded once, checked, cached, or read from a folder of your own."""

from ldyn.data.cones import Disparity, cones
from ldyn.data.fetch import DataError, cache_folder, fetch

__all__ = ["DataError", "Disparity", "cache_folder", "cones", "fetch"]
