"""Estimators by scikit-learn's conventions, without scikit-learn, on tensors or arrays."""

import inspect
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor


class Estimator:
    """Parameters by name, input in any form, answers in the form and on the device of the input."""

    _kind = "transformer"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments by name. Raises: ValueError for an unknown one."""
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(f"{name!r} is no parameter; try one of {', '.join(self._names())}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        ours = inspect.signature(type(self)).parameters
        changed = (f"{k}={v!r}" for k, v in self.get_params().items() if v is not ours[k].default)
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None if self._kind == "transformer" else self._kind,
            target_tags=TargetTags(
                required=self._kind != "transformer", multi_output=self._kind == "regressor"
            ),
            regressor_tags=RegressorTags() if self._kind == "regressor" else None,
            classifier_tags=ClassifierTags() if self._kind == "classifier" else None,
            transformer_tags=TransformerTags() if self._kind == "transformer" else None,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(inspect.signature(cls).parameters)

    def _require_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            try:
                from sklearn.exceptions import NotFittedError as Error
            except ImportError:
                Error = ValueError
            raise Error(f"this {type(self).__name__} is not fitted; call fit(x, y) first")

    def _require_seed(self) -> None:
        seed = getattr(self, "seed", 0)
        if isinstance(seed, bool | str) or not hasattr(seed, "__index__") or seed < 0:
            raise ValueError(f"seed must be an integer >= 0, got {seed!r}; try seed=0")

    def _points(self, x: Any, *, first: bool = False) -> Tensor:
        """Return the rows of `x` as a finite floating (n, d) tensor; d is remembered if `first`."""
        (self._require_seed if first else self._require_fitted)()
        points = as_tensor(x, "X")
        if points.ndim != 2:
            raise ValueError(
                f"expected 2D array X (n, d), got shape {tuple(points.shape)}. Reshape your data: "
                "X.reshape(-1, 1) for one column, X.reshape(1, -1) for one row"
            )
        n, d = points.shape
        if not n or not d:
            what = "sample" if not n else "feature"
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={(n, d)}) while a minimum of 1 is required; "
                f"pass at least one {what}"
            )
        if first:
            self.n_features_in_ = d
        elif d != self.n_features_in_:
            raise ValueError(
                f"X has {d} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                "features as input; pass the columns it was fitted on"
            )
        return points

    def _samples(self, x: Any, y: Any, sample_weight: Any) -> tuple[Tensor, Tensor, Tensor]:
        points = self._points(x, first=True)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        targets = as_tensor(y, "y").to(points.device)
        if targets.ndim not in (1, 2) or len(targets) != len(points):
            n = len(points)
            raise ValueError(
                f"expected y ({n},) or ({n}, c), got {tuple(targets.shape)}: inconsistent numbers "
                "of samples; pass one row of y a row of X"
            )
        if len(points) < 2:
            raise ValueError("leave-one-out needs at least 2 rows, got 1 sample; pass more rows")
        self._flat = targets.ndim == 1
        weights = as_weights(sample_weight, len(points)).to(points.device, torch.float64)
        kept = weights > 0
        wide = targets.reshape(len(targets), -1)
        return points[kept].double(), wide[kept].double(), weights[kept]


class Transformer(Estimator):
    """An estimator of features: leaves give `fit` and `_transform`, of tensors."""

    def fit(self, x: Any, y: object = None) -> Self:
        raise NotImplementedError

    def transform(self, x: Any) -> Any:
        """Return φ(x), (n, m), of points (n, d): a tensor if x is one, else an array."""
        return like(self._transform(self._points(x)), x)

    def fit_transform(self, x: Any, y: object = None) -> Any:
        """Return `fit(x).transform(x)`."""
        return self.fit(x, y).transform(x)

    def _transform(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class Regressor(Estimator):
    """An estimator of numbers: `score` is R²."""

    _kind = "regressor"

    def predict(self, x: Any) -> Any:
        raise NotImplementedError

    def score(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² = 1 − Σ w(y − f̂)²/Σ w(y − ȳ)², its mean over outputs."""
        truth = as_tensor(y, "y").double()
        truth = truth.reshape(len(truth), -1)
        values = as_tensor(self.predict(x), "prediction").to(truth)
        values = values.reshape(len(values), -1)
        if values.shape != truth.shape:
            raise ValueError(
                f"y must have a row a point and a column an output, {tuple(values.shape)}, got "
                f"{tuple(truth.shape)}; pass the y of these x"
            )
        w = as_weights(sample_weight, len(truth)).to(truth)[:, None]
        centre = (w * truth).sum(0) / w.sum()
        left, total = ((w * (truth - other).square()).sum(0) for other in (values, centre))
        return float((1 - left / total.clamp(min=torch.finfo(total.dtype).tiny)).mean())


def as_weights(weights: Any, n: int) -> Tensor:
    """Return weights (n,) ≥ 0 as a tensor, ones if none. Raises: ValueError for others."""
    found = torch.ones(n) if weights is None else as_tensor(weights, "sample_weight")
    if found.shape != (n,) or (found < 0).any() or not (found > 0).any():
        raise ValueError(
            f"sample_weight must be {n} numbers >= 0, not all zero, got shape "
            f"{tuple(found.shape)}; pass one weight a row"
        )
    return found


def as_tensor(x: Any, name: str) -> Tensor:
    """Return `x` as a finite floating tensor: float32 stays, all else becomes float64.

    Raises: TypeError for sparse matrices or objects; ValueError for text, complex numbers or NaN.
    """
    if isinstance(x, Tensor):
        values = x.detach()
        if values.is_complex():
            raise ValueError(f"Complex data not supported in {name}; try its real part")
        values = values if values.dtype == torch.float32 else values.double()
    else:
        values = torch.from_numpy(np.ascontiguousarray(_real_array(x, name)))
    if not torch.isfinite(values).all():
        raise ValueError(f"{name} contains NaN or infinity; drop those rows or mend them first")
    return values


def _real_array(x: Any, name: str) -> np.ndarray:
    if hasattr(x, "toarray"):
        raise TypeError(f"{name} is sparse, and dense data is required; try {name}.toarray()")
    array = np.asarray(x)
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported in {name}; try {name}.real")
    if array.dtype == np.float32:
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} must be numbers, got {array.dtype}: {error}; encode text as numbers first"
        ) from error


def like(values: Tensor, x: Any) -> Any:
    """Return `values` as a tensor if `x` is one, in its dtype and on its device, else an array."""
    if isinstance(x, Tensor):
        return values.to(x.device, x.dtype if x.is_floating_point() else values.dtype)
    return values.cpu().numpy()
