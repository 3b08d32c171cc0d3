"""Chapter 5: kernel methods without knobs, at low cost."""

from ldyn.lowcost.conjugate import Solution, pcg
from ldyn.lowcost.loo_path import loo_path, stochastic_diagonal
from ldyn.lowcost.pivots import Pivots, rpcholesky

__all__ = ["Pivots", "Solution", "loo_path", "pcg", "rpcholesky", "stochastic_diagonal"]
