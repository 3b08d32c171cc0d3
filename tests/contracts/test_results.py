"""What every public function returns: finite numbers from finite ones, however large or small, and
records whose fields are what their docstrings say.
"""

import re

import pytest
import torch
from public.vary import ALL, EACH, contract_of, found, leaves, plain, run
from torch import Tensor

from ldyn.core import stream
from ldyn.gate.shapes import require_shape
from ldyn.kernels import Gaussian, fit_ridge_loo

# One of many that diverges is told in the record, and disturbs nobody.
TOLD = ("gans.train_gans", "nets.fit_nets")
MAY_BE_INFINITE = [
    "gans.huber_critic",
    "gans.huber_descent",
    "gans.play",
    "gans.sinkhorn_slope",
    "gans.sliced_distance",
    "gans.stable_windows",
    "gans.train_gans",
    "gans.wasserstein_line",
    "kernels.feature_squared_mmd",
    "kernels.mean_features",
    "landscape.growth_order",
    "landscape.kink_distance",
    "landscape.place_information",
    "nets.fit_nets",
    "nets.forward",
    "nets.stacked_values",
    "solvers.loo_slope",
]


def scaled(value, size):
    """A real argument, or a list of them, times `size`; None for another."""
    if isinstance(value, Tensor) and value.dtype == torch.float64:
        return size * value
    if isinstance(value, list | tuple) and value:
        parts = [scaled(v, size) for v in value]
        return type(value)(parts) if all(p is not None for p in parts) else None
    return None


def real(room, name):
    """The arguments of a valid call that are real tensors, or lists of them."""
    return {n: v for n, v in ALL[room][name].given().items() if scaled(v, 1.0) is not None}


def loose(room, name):
    """Whether the docstring says that results may be infinite or NaN."""
    return contract_of(found(room, name)).reader.unbounded or f"{room}.{name}" in TOLD


def answer(room, name, **changed):
    """The result of a call and "", or None and the words of its refusal."""
    try:
        return run(room, name, **changed), ""
    except ValueError as error:
        return None, str(error)


REAL = [each for each in EACH if real(*each.values)]
HELD = [each for each in REAL if not loose(*each.values)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of other libraries
@pytest.mark.parametrize(("room", "name"), HELD)
def test_results_out_of_range_are_refused(room, name):
    """By the name of the argument that is too large or too small; else they are finite."""
    for n, value in real(room, name).items():
        for size in (1e200, 1e-200):
            result, told = answer(room, name, **{n: scaled(value, size)})
            assert not told or re.search(rf"\b{n}\b", told), (n, size, told)
            assert all(x.isfinite().all() for x in leaves(result, numbers=True)), (n, size)


def test_what_may_be_infinite_is_listed():
    """Another function joins the list on purpose, or not at all."""
    names = [each.values for each in REAL if loose(*each.values)]
    assert sorted(f"{room}.{name}" for room, name in names) == MAY_BE_INFINITE


@pytest.mark.parametrize(("room", "name"), EACH)
def test_matrices_that_stand_crosswise_are_refused_or_answered(room, name):
    """(d, n) in the place of (n, d): by the name of an argument that does not fit."""
    given = ALL[room][name].given()
    for n, x in given.items():
        if isinstance(x, Tensor) and x.ndim > 1 and x.shape[-1] != x.shape[-2]:
            _, told = answer(room, name, **{n: x.mT})
            assert not told or any(re.search(rf"\b{g}\b", told) for g in given), (n, told)


def records(value):
    """The records in a result."""
    fields = getattr(type(value), "__dataclass_fields__", ())
    if fields:
        yield value
    held = [getattr(value, f) for f in fields] if fields else value
    for part in held if isinstance(held, list | tuple) else ():
        yield from records(part)


@pytest.mark.parametrize(("room", "name"), EACH)
def test_fields_of_records_are_what_is_documented(room, name):
    """Finite, where infinity and NaN are not named, symmetric, and of the documented shapes."""
    for record in records(plain(room, name)):
        contract, sizes = contract_of(type(record)), {}
        tensors = {n: getattr(record, n) for n in contract.kinds if hasattr(record, n)}
        for n, x in tensors.items():
            if isinstance(x, Tensor) and n in contract.shapes:
                require_shape(n, x, contract.shapes[n], sizes, contract.most.get(n))
            if isinstance(x, Tensor) and not contract.reader.unbounded:
                assert x.isfinite().all(), n
            if n in contract.reader.symmetric:
                assert (x - x.mT).abs().max() <= 1e-14 * x.abs().max(), n


def test_the_choice_of_a_ridge_does_not_depend_on_the_unit_of_the_responses():
    """Squares of small residuals vanish, and those of large ones are infinite."""
    draw = stream("unit of responses")
    x = torch.rand(20, 1, generator=draw, dtype=torch.float64)
    y = (9 * x[:, 0]).sin() + 0.3 * torch.randn(20, generator=draw, dtype=torch.float64)
    grid = {"kernel": Gaussian, "bandwidths": [3.0, 0.2, 0.05], "ridges": [10.0, 0.1, 1e-4]}
    usual = fit_ridge_loo(x, y, **grid)
    assert (usual.bandwidth, usual.ridge) != (3.0, 10.0)
    for unit in (2.0**-600, 2.0**-300, 2.0**300):
        found = fit_ridge_loo(x, unit * y, **grid)
        assert (found.bandwidth, found.ridge) == (usual.bandwidth, usual.ridge)
        assert torch.equal(found.predictor(x), unit * usual.predictor(x))
    with pytest.raises(ValueError, match="y must be of a size at which the result is finite"):
        fit_ridge_loo(x, 2.0**600 * y, **grid)
