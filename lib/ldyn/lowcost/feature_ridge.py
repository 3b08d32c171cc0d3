"""Ridge regression on a finite basis that streams, merges and forgets."""

import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.solvers import FourierFeatures
from ldyn.solvers.base import Regressor, as_tensor, as_weights, like
from ldyn.solvers.classifier import Classifier, as_labels

ROWS = 8192  # a block of rows: its features at M = 1,000 take 33 MB in single precision


class FeatureRidge(Regressor):
    """Ridge regression ŷ(x) = a + Bᵀφ(x) that sees each row once and may see rows at any time.

    Arguments: `features`, an object with transform(x) (n, d) → (n, M), fitted or not: an unfitted
    one is copied and fitted to the first rows that come; None is `FourierFeatures()`; `penalty`,
    "loo", "gcv" or a number λ, as in `ridge_fit`. Blocks are computed in the dtype and on the
    device of x, totals in float64.
    Fitted: `features_`, `totals_`, `fit_`, `coef_` (M, c), `intercept_` (c,), `penalty_`.
    Raises: ValueError for bad rows, and when it is asked before it has seen any.
    Source: prop-monoid, prop-gcv, prop-kept-rows.
    """

    features_: Any
    totals_: NormalEquations
    probe_: tuple[Tensor, Tensor] | None = None  # a row and its features, to tell others apart
    flat_: bool

    def __init__(self, features: Any = None, *, penalty: float | str = "loo") -> None:
        self.features = features
        self.penalty = penalty

    def fit(self, x: Any, y: Any, sample_weight: Any = None) -> Self:
        """Forget everything, learn from rows x (n, d), y (n,) or (n, c), and solve."""
        for name in ("features_", "totals_", "probe_", "flat_", "fit_", "n_features_in_"):
            self.__dict__.pop(name, None)
        self.partial_fit(x, y, sample_weight).fit_  # noqa: B018
        return self

    def partial_fit(self, x: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from further rows: the order of rows and calls does not matter."""
        return self._change(NormalEquations.add, x, y, sample_weight)

    def forget(self, x: Any, y: Any, sample_weight: Any = None) -> Self:
        """Be as if these rows, with these weights, had never been seen; the features stay."""
        self._require_fitted()
        return self._change(NormalEquations.remove, x, y, sample_weight)

    def merge(self, other: "FeatureRidge | NormalEquations") -> Self:
        """Learn what `other` has learnt on the same features: a model, or the totals of a pass.

        Raises: ValueError when the features differ.
        """
        if isinstance(other, NormalEquations):
            return self._take(other)
        other._require_fitted()
        if self.__sklearn_is_fitted__():
            self._same_features(other.probe_)
        else:
            self.features_, self.probe_, self.flat_ = other.features_, other.probe_, other.flat_
        return self._take(other.totals_)

    @cached_property
    def fit_(self) -> RidgeFit:
        """The solution of what has been seen so far, computed when it is first asked for."""
        self._require_fitted()
        return ridge_fit(self.totals_, penalty=self.penalty)

    @property
    def coef_(self) -> Tensor:
        return self.fit_.coefficients

    @property
    def intercept_(self) -> Tensor:
        return self.fit_.intercept

    @property
    def penalty_(self) -> float:
        return self.fit_.penalty

    def predict(self, x: Any) -> Any:
        """Return ŷ at x (m, d), of the shape of y, as an array or a tensor as x is."""
        values = self._values(x)
        return like(values[:, 0] if self.flat_ else values, x)

    def save(self, path: str | Path) -> None:
        """Write what was learnt, in one step. The features are not in it: keep or refit them."""
        self._require_fitted()
        self.totals_.save(path, probe=self.probe_, flat=self.flat_)

    def load(self, path: str | Path) -> Self:
        """Take up what `save` wrote, with the same fitted features. Raises: ValueError if not."""
        totals, more = NormalEquations.load(path)
        self.__dict__.pop("totals_", None)
        self.features_ = vars(self).get("features_", self.features)
        self._same_features(more["probe"])
        self.probe_, self.flat_ = more["probe"], more["flat"]
        return self._take(totals)

    def __sklearn_is_fitted__(self) -> bool:
        return "totals_" in vars(self)

    def _values(self, x: Any) -> Tensor:
        self._require_fitted()
        rows, fit = self._rows(x), self.fit_
        b, a = fit.coefficients.to(rows), fit.intercept.to(rows)
        return torch.cat([self.features_.transform(part) @ b + a for part in rows.split(ROWS)])

    def _rows(self, x: Any) -> Tensor:
        """The first rows that come tell the number of columns, unless the features know it."""
        known = self.probe_[0].shape[1] if self.probe_ else None
        known = known or getattr(vars(self).get("features_"), "n_features_in_", None)
        if known is not None:
            self.n_features_in_ = known
        return self._points(x, first=known is None)

    def _take(self, totals: NormalEquations) -> Self:
        self.__dict__.pop("fit_", None)
        if "totals_" in vars(self):
            self.totals_.merge(totals)
            return self
        self.features_ = vars(self).get("features_", self.features)
        self.flat_ = vars(self).get("flat_", totals.outputs == 1)
        self.totals_ = totals.copy()
        return self

    def _change(self, change: Any, x: Any, y: Any, sample_weight: Any) -> Self:
        rows, targets, w = self._arrays(x, y, sample_weight)
        if "features_" not in vars(self):
            features = FourierFeatures() if self.features is None else self.features
            self.features_ = fitted_features(features, rows if w is None else rows[w > 0])
        if self.probe_ is None:
            self.probe_ = rows[:1].clone(), self.features_.transform(rows[:1])
        if "totals_" not in vars(self):
            self.flat_ = self._kind == "regressor" and as_tensor(y, "y").ndim == 1
            sizes = self.probe_[1].shape[1], targets.shape[1]
            self.totals_ = NormalEquations.empty(*sizes, device=rows.device)
        for i in range(0, len(rows), ROWS):
            part = slice(i, i + ROWS)
            phi = self.features_.transform(rows[part])
            weights = None if w is None else w[part]
            change(self.totals_, phi, targets[part], weights=weights, x=rows[part])
        self.__dict__.pop("fit_", None)
        return self

    def _arrays(self, x: Any, y: Any, sample_weight: Any) -> tuple[Tensor, Tensor, Tensor | None]:
        """x (n, d), y (n, c), weights (n,) as tensors on the device of x; y keeps its precision."""
        rows = self._rows(x)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        targets = self._targets(y, rows)
        if targets.ndim != 2 or len(targets) != len(rows):
            raise ValueError(
                f"x and y must have one row each, got inconsistent numbers of samples, {len(rows)} "
                f"and {tuple(targets.shape)}; drop the surplus"
            )
        if sample_weight is None:
            return rows, targets, None
        return rows, targets, as_weights(sample_weight, len(rows)).to(rows.device)

    def _targets(self, y: Any, rows: Tensor) -> Tensor:
        targets = as_tensor(y, "y").to(rows.device)
        return targets[:, None] if targets.ndim == 1 else targets

    def _same_features(self, probe: tuple[Tensor, Tensor] | None) -> None:
        if probe is None:  # from totals alone
            return
        row, image = probe
        mine = self.features_.transform(row)
        if mine.shape != image.shape or not torch.allclose(mine, image, rtol=1e-3, atol=1e-5):
            raise ValueError(
                "both must have the same features; fit them once and pass them to every model"
            )


class FeatureRidgeClassifier(Classifier, FeatureRidge):
    """Classification by least squares on one-hot rows: the class of the largest answer.

    Fitted: `classes_` (c,), an array in the order of the outputs, besides what FeatureRidge has.
    `partial_fit` learns them from its first rows unless they were given as `classes`.
    Raises: ValueError for labels that are not among them.
    Source: prop-monoid.
    """

    classes_: np.ndarray

    def fit(self, x: Any, y: Any, sample_weight: Any = None) -> Self:
        self.__dict__.pop("classes_", None)
        return super().fit(x, y, sample_weight)

    def partial_fit(
        self, x: Any, y: Any, sample_weight: Any = None, *, classes: Any = None
    ) -> Self:
        if "classes_" not in vars(self):
            self.classes_ = np.unique(as_labels(y if classes is None else classes))
        return super().partial_fit(x, y, sample_weight)

    def _labelled(self, x: Any) -> np.ndarray:
        self._require_fitted()
        return np.asarray(self.classes_[self._values(x).argmax(1).cpu().numpy()])

    def _targets(self, y: Any, rows: Tensor) -> Tensor:
        match = as_labels(y, len(rows))[:, None] == self.classes_
        if not match.any(1).all():
            raise ValueError(
                f"labels must be among {self.classes_.tolist()}, got others; "
                "name all classes in the first call: partial_fit(x, y, classes=...)"
            )
        return torch.from_numpy(match).to(rows)


def fitted_features(features: Any, rows: Tensor) -> Any:
    """Return `features` if fitted (a name ends in `_`) or without `fit`, else a copy, fitted."""
    if not hasattr(features, "fit") or any(n.endswith("_") and n[0] != "_" for n in vars(features)):
        return features
    return copy.deepcopy(features).fit(rows)
