"""Classification by least squares on one-hot targets, with everything chosen by leave-one-out."""

import warnings
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ldyn.solvers.base import Estimator, as_weights
from ldyn.solvers.kernel_ridge import KernelRidge


class Classifier(Estimator):
    """An estimator of labels: `score` is the share that is right. Leaves give `_labelled`."""

    _kind = "classifier"

    def predict(self, x: Any) -> Any:
        """Return labels (m,) of points (m, d): a tensor if x is one and labels are numbers."""
        found = self._labelled(x)
        like_x = isinstance(x, Tensor) and found.dtype.kind in "iufb"
        return torch.as_tensor(found).to(x.device) if like_x else found

    def score(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of labels that are right, weighted if asked.

        Raises: ValueError for numbers where the fit had names, or names where it had numbers.
        """
        found = self._labelled(x)
        w, labels = as_weights(sample_weight, len(found)).double(), as_labels(y, len(found))
        kinds = [np.asarray(part[:1].tolist()).dtype.kind in "biuf" for part in (labels, found)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                f"expected labels y like {found[0]!r}, got {labels[0]!r}; pass those of the fit's "
                "kind"
            )
        return float((w * torch.from_numpy(found == labels)).sum() / w.sum())

    def _labelled(self, x: Any) -> np.ndarray:
        raise NotImplementedError


class KernelClassifier(Classifier):
    """The class of largest f̂_k, f̂ the kernel ridge regression of one-hot targets.

    Arguments: as of `KernelRidge`, whose fit stands in `regressor_`. Classes are sorted labels, in
    `classes_`.
    Raises: ValueError for bad input, or fewer than two classes.
    Source: wahba1990, page-nothing-to-choose.
    """

    def __init__(
        self,
        kernel: str = "loo",
        penalty: str | float = "loo",
        bandwidth: str | float = "loo",
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
        """Choose and solve. Arguments: `x` (n, d), labels `y` (n,), weights (n,) ≥ 0."""
        points = self._points(x, first=True)
        labels = as_labels(y, len(points))
        self.classes_, codes = np.unique(labels, return_inverse=True)
        seen = np.unique(labels[as_weights(sample_weight, len(labels)).cpu().numpy() > 0])
        if len(seen) < 2:
            raise ValueError(f"at least two classes are needed, got 1 class, {seen}; pass more")
        one_hot = torch.eye(len(self.classes_), dtype=torch.float64)[torch.from_numpy(codes)]
        self.regressor_ = KernelRidge(**self.get_params())
        self.regressor_.fit(points, one_hot.to(points), sample_weight)
        self.record_ = self.regressor_.record_
        return self

    def decision_function(self, x: Any) -> Any:
        """Return f̂_k − ½ at points (m, d), (m, classes); of two classes (m,), the second's."""
        self._points(x)
        values = self.regressor_.predict(x) - 0.5
        return values[:, 1] if len(self.classes_) == 2 else values

    def _labelled(self, x: Any) -> np.ndarray:
        points = self._points(x)
        codes = self.regressor_.predict(points).argmax(1)
        return np.asarray(self.classes_[codes.cpu().numpy()])


def as_labels(y: Any, n: int | None = None) -> np.ndarray:
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = y.detach().cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        text = "A column-vector y was passed when a 1d array was expected; try y.ravel()"
        warnings.warn(text, _conversion(), stacklevel=3)
        labels = labels[:, 0]
    if labels.shape != (len(labels) if n is None else n,):
        raise ValueError(
            f"expected labels y ({n},), got {labels.shape}: inconsistent numbers of samples; pass "
            "one label a row of X"
        )
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise ValueError("y contains NaN or infinity; drop those rows or mend them first")
        if (labels != np.round(labels)).any():
            raise ValueError("Unknown label type: continuous numbers; for numbers use KernelRidge")
    return labels


def _conversion() -> type[Warning]:
    """scikit-learn's warning where it is installed, so that its users can filter it."""
    try:
        from sklearn.exceptions import DataConversionWarning
    except ImportError:
        return UserWarning
    return DataConversionWarning
