"""Kernel ridge regression that chooses everything itself, exact wherever that can be paid."""

import math
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
from torch import Tensor

from ldyn.core import require_choice, require_positive, stream
from ldyn.kernels import Stationary
from ldyn.solvers.base import Regressor, as_tensor, like
from ldyn.solvers.cells import Cell, by_cell, fit_cells, predictive_variance, solve_rows
from ldyn.solvers.choice import COLUMNS, Candidate, choose, surroundings_gain
from ldyn.solvers.gram import KERNELS, fill_gram, gram_product
from ldyn.solvers.record import Checkpoint, FitRecord, passport
from ldyn.solvers.whole import solve_whole
from ldyn.sweep import Progress

DENSE = 4096  # rows up to which one Cholesky in float64 is the answer
STORED = 30_000  # rows up to which a float32 Gram matrix is kept, on a CPU
CELL = 512  # rows of a cell, and as many around it
LOCAL = 0.02  # the problem is local if twice the surroundings lower the error by less
COMPARED = ("gaussian", "matern32", "laplace")  # by kernel="loo"
SOLVERS = ("auto", "cholesky", "cells", "pcg")


class KernelRidge(Regressor):
    """Kernel ridge regression ȳ + argmin_f Σ w_i (y_i − ȳ − f(x_i))² + λ‖f‖² that chooses itself.

    Kernel, bandwidths (one, or one a column) and ridge by exact leave-one-out on samples of rows of
    the density of the whole table. Then one Cholesky up to 4,096 rows; above, exact solutions in
    cells where rows further away do not help, and else the full system by preconditioned conjugate
    gradients. What was chosen, and by which numbers, stands in `record_`.

    Arguments: `kernel` "loo", or one or more of "gaussian", "matern52", "matern32", "laplace";
    `penalty` λ and `bandwidth`, a number or one a column in its units, where they are given;
    `solver` "auto", "cholesky", "cells" or "pcg"; `tolerance` of conjugate gradients; `seed`.
    Raises: ValueError for bad input, and where the system cannot be solved in its precision.
    Source: wahba1990, prop-loo-slope, page-nothing-to-choose.
    """

    def __init__(
        self,
        kernel: str | Sequence[str] = "loo",
        penalty: str | float = "loo",
        bandwidth: str | float | Sequence[float] = "loo",
        solver: str = "auto",
        tolerance: float = 1e-3,
        seed: int = 0,
        checkpoint: str | None = None,
        verbose: bool = False,
    ) -> None:
        self.kernel, self.penalty, self.bandwidth = kernel, penalty, bandwidth
        self.solver, self.tolerance, self.seed = solver, tolerance, seed
        self.checkpoint, self.verbose = checkpoint, verbose

    def fit(self, x: Any, y: Any, sample_weight: Any = None) -> Self:
        """Choose and solve. Arguments: `x` (n, d), `y` (n,) or (n, c), weights (n,) ≥ 0."""
        start = time.perf_counter()
        require_choice(self.solver, SOLVERS, "solver")
        require_positive(self.tolerance, "tolerance")
        points, targets, weights = self._samples(x, y, sample_weight)
        saved = Checkpoint(self.checkpoint, self._passport(points, targets, weights))
        self.mean_ = points.mean(0)
        spread = points.std(0, correction=0)
        spread = spread if self.n_features_in_ <= COLUMNS else spread.max().expand_as(spread)
        self.scale_ = torch.where(spread > 0, spread, torch.ones_like(spread))
        self.intercept_ = (weights[:, None] * targets).sum(0) / weights.sum()
        standard, centred = (points - self.mean_) / self.scale_, targets - self.intercept_
        chosen, found = self._choose(standard, centred, weights, saved)
        self.kernel_, self.penalty_ = chosen.name, chosen.ridge
        self.bandwidth_ = chosen.bandwidths.to(points) * self.scale_
        chosen_at = time.perf_counter()
        facts = self._solve(standard, centred, weights, chosen, saved)
        self.record_ = FitRecord(
            kernel=chosen.name,
            bandwidths=tuple(self.bandwidth_.tolist()),
            ridge=chosen.ridge,
            candidates=tuple((c.name, len(c.bandwidths), c.loo) for c in found),
            seconds={"choice": chosen_at - start, "solution": time.perf_counter() - chosen_at},
            **facts,
        )
        return self

    def predict(self, x: Any, return_std: bool = False) -> Any:
        """Return f̂ at points (m, d), (m,) or (m, c) as y was; and a standard deviation of y there.

        Var y = s²(1 + λ − kᵀ(K + λ)⁻¹k) of the Gaussian process with covariance s²k, with s² such
        that the squared leave-one-out residuals are on average what they should be.
        Raises: ValueError for a standard deviation after conjugate gradients, which keep no factor.
        Source: rasmussen2006, prop-loo-variance.
        """
        z = self._scaled(self._points(x))
        kernel, rows = self._kernel(), self._rows

        def values(cell: Cell, at: Tensor) -> Tensor:
            return fill_gram(kernel, at, rows[cell.rows]) @ cell.coefficients

        if self._cells is not None:
            mean = by_cell(self._cells, z, values)
        else:
            mean = gram_product(kernel, z, rows, self._coefficients)
        mean = self._shaped(mean.to(self.intercept_) + self.intercept_, x)
        return (mean, self._shaped(self._deviation(z), x)) if return_std else mean

    def _deviation(self, z: Tensor) -> Tensor:
        if self._variance is None:
            raise ValueError(
                "conjugate gradients keep no factor; fit with solver='cells' for return_std"
            )
        kernel, rows = self._kernel(), self._rows
        noise = self._noise.to(rows)

        def variance(cell: Cell, at: Tensor) -> Tensor:
            return predictive_variance(rows, noise, at, kernel=kernel, rows=cell.rows)

        everywhere = torch.full_like(rows[0], math.inf)
        cells = self._cells or [Cell(-everywhere, everywhere, torch.arange(len(rows)), rows)]
        return ((by_cell(cells, z, variance) + self.penalty_) * self._variance).sqrt().to(z)

    def _shaped(self, values: Tensor, x: Any) -> Any:
        return like(values[:, 0] if self._flat else values, x)

    def _choose(
        self, x: Tensor, y: Tensor, weights: Tensor, saved: Checkpoint
    ) -> tuple[Candidate, list[Candidate]]:
        if "choice" in saved.state:
            found = [Candidate(*parts) for parts in saved.state["choice"]]
            return found[0], found
        names = (self.kernel,) if isinstance(self.kernel, str) else tuple(self.kernel)
        names = COMPARED if names == ("loo",) else names
        for name in names or ("",):
            require_choice(name, [*KERNELS, "loo"], "kernel")
        ridge = bandwidths = None
        if not isinstance(self.penalty, str):
            ridge = require_positive(self.penalty, "penalty")
        else:
            require_choice(self.penalty, ["loo"], "penalty")
        if not isinstance(self.bandwidth, str):
            given = as_tensor(self.bandwidth, "bandwidth").to(x)
            given = given.expand(x.shape[1]) if given.numel() == 1 else given
            if given.shape != (x.shape[1],) or not (given > 0).all():
                raise ValueError(f"bandwidth must be one number > 0 or {x.shape[1]}, got {given}")
            bandwidths = given / self.scale_
        else:
            require_choice(self.bandwidth, ["loo"], "bandwidth")
        chosen, found = choose(
            x, y, weights, kernels=names, bandwidths=bandwidths, ridge=ridge,
            generator=stream("choice", self.seed), report=self._progress("choice"),
        )  # fmt: skip
        order = [chosen, *(c for c in found if c is not chosen)]
        saved.put(now=True, choice=[(c.name, c.bandwidths, c.ridge, c.errors) for c in order])
        return chosen, found

    def _solve(
        self, x: Tensor, y: Tensor, weights: Tensor, chosen: Candidate, saved: Checkpoint
    ) -> dict[str, Any]:
        z, n, kernel = x / chosen.bandwidths.to(x), len(x), self._kernel()
        solver, gain = self._solver(x, y, weights, chosen)
        noise, loo, rows = chosen.ridge / weights, chosen.loo, len(chosen.errors)
        facts: dict[str, Any] = {}
        self._cells, self._variance, self._noise = None, None, noise
        self._rows = z if solver == "cholesky" else z.float()
        report = self._progress(solver)
        if solver == "pcg":
            self._coefficients, facts = solve_whole(
                self._rows, y, weights, kernel=kernel, ridge=chosen.ridge, tolerance=self.tolerance,
                generator=stream("pivots", self.seed), checkpoint=saved, report=report,
            )  # fmt: skip
        elif solver == "cholesky":
            every = torch.arange(n, device=x.device)
            solved = solve_rows(z, y, noise, kernel=kernel, rows=every, own=n)
            self._coefficients, left_out = solved[0], torch.cat(solved[1:], 1)
        else:
            size = CELL if gain is None or gain < LOCAL else 4 * CELL
            self._cells, left_out = fit_cells(
                self._rows, y.float(), noise.float(), kernel=kernel, size=size,
                checkpoint=saved, report=report,
            )  # fmt: skip
        if solver != "pcg":
            squares = left_out[:, :-1].double().square()
            self._variance = (squares / left_out[:, -1:]).mean(0)
            rows, loo = n, float((weights[:, None] * squares).mean() / weights.mean())
        cells = len(self._cells or ())
        about = {"loo": loo, "loo_rows": rows, "solver": solver, "gain": gain, "cells": cells}
        return about | facts

    def _solver(
        self, x: Tensor, y: Tensor, weights: Tensor, chosen: Candidate
    ) -> tuple[str, float | None]:
        n, gain = len(x), None
        if self.solver != "auto":
            return self.solver, None
        if n > DENSE and x.shape[1] <= COLUMNS:
            gain = surroundings_gain(x, y, weights, chosen, stream("gain", self.seed))
            if gain < LOCAL:
                return "cells", gain
        return "cholesky" if n <= DENSE else "pcg" if n <= STORED else "cells", gain

    def _passport(self, *data: Tensor) -> str:
        aside = {"checkpoint", "verbose"}
        mine = {k: v for k, v in self.get_params().items() if k not in aside}
        return passport(*data, mine) if self.checkpoint else ""

    def _kernel(self) -> Stationary:
        return KERNELS[self.kernel_](1.0)

    def _scaled(self, points: Tensor) -> Tensor:
        return ((points.to(self.mean_) - self.mean_) / self.bandwidth_).to(self._rows)

    def _progress(self, what: str) -> Callable[[int, int], None]:
        start = time.monotonic()

        def report(done: int, of: int) -> None:
            if self.verbose:
                left = (time.monotonic() - start) / max(done, 1) * (of - done)
                line = Progress(done=done, total=of, failed=0, left=left)
                sys.stderr.write(f"{what} {line}\n")

        return report
