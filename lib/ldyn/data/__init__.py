"""Real data: downloaded once, checked, cached, or read from a folder of your own."""

from ldyn.data.digits import Digits, mnist
from ldyn.data.disparity import Disparity, cones
from ldyn.data.files import DataError, cache_folder, fetch
from ldyn.data.pairs import Pair, cause_effect_pairs
from ldyn.data.pictures import Pictures, cifar10, fashion_mnist
from ldyn.gate import enforce

# fmt: off
__all__ = [
    "DataError", "Digits", "Disparity", "Pair", "Pictures", "cache_folder", "cause_effect_pairs",
    "cifar10", "cones", "fashion_mnist", "fetch", "mnist",
]
# fmt: on

enforce(globals())
