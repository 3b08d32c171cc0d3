"""The gate before a room: what it makes of numbers, and what it must leave as it is."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import grad, jacfwd, vmap

from ldyn.core import require_count, require_positive, require_samples
from ldyn.gate import enforce

F64 = torch.float64


def scaled(factor: Tensor | float, x: Tensor) -> Tensor:
    """Return a x for `x` (n, d)."""
    return factor * x


def taken(times: int, size: float) -> tuple[int, float]:
    """Return both."""
    return times, size


ROOM = {"__name__": "toy", "__all__": ["scaled", "taken"], "scaled": scaled, "taken": taken}
enforce(ROOM)


def test_a_number_with_a_derivative_keeps_it():
    x = torch.ones(2, 1, dtype=F64)
    one = torch.tensor(3.0, dtype=F64)
    for derivative in (grad(lambda a: ROOM["scaled"](a, x).sum()),
                       jacfwd(lambda a: ROOM["scaled"](a, x).sum())):  # fmt: skip
        assert derivative(one).item() == 2
    assert vmap(lambda a: ROOM["scaled"](a, x))(torch.ones(4, dtype=F64)).shape == (4, 2, 1)


@pytest.mark.parametrize("transform", [grad, jacfwd])
def test_a_number_that_would_lose_its_derivative_is_refused(transform):
    with pytest.raises(ValueError, match="size must be a number without gradient"):
        transform(lambda a: ROOM["taken"](2, a)[1] * a)(torch.tensor(1.0))


@pytest.mark.parametrize("ten", [np.int64(10), np.array(10), torch.tensor(10), 10])
def test_counts_of_numpy_and_torch_become_pythons(ten):
    found = require_count(ten, "n")
    assert (found, type(found)) == (10, int)
    assert type(require_positive(ten, "n")) is int


@pytest.mark.parametrize("bad", [True, np.bool_(True), torch.tensor(True), "1", None, float("nan"),
                                 torch.tensor([1])])  # fmt: skip
def test_what_is_no_number_is_none(bad):
    for require in (require_count, require_positive):
        with pytest.raises(ValueError, match=r"n must be .*, got .*; try n=1"):
            require(bad, "n")


def test_a_sample_of_two_precisions_is_refused_as_by_the_gate():
    x = torch.ones(3, 1)
    with pytest.raises(ValueError, match=r"x and y must share their dtype, got torch.float32"):
        require_samples(x, torch.ones(3, dtype=F64))
    with pytest.raises(ValueError, match="y must be a torch tensor, got list"):
        require_samples(x, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="x must be floating point of single or double"):
        require_samples(x.half(), torch.ones(3).half())
