"""Real data: downloaded once, checked, cached, or read from a folder of your own."""

from ldyn.data.digits import Digits, mnist
from ldyn.data.disparity import Disparity, cones, jump_sizes, near_jumps
from ldyn.data.files import DataError, cache_folder, fetch

__all__ = [
    "DataError",
    "Digits",
    "Disparity",
    "cache_folder",
    "cones",
    "fetch",
    "jump_sizes",
    "mnist",
    "near_jumps",
]
