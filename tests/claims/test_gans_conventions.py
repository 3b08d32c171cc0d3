"""Each number that a library returned is the formula that the page writes beside it."""

import math

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn.utils.parametrizations import spectral_norm

from ldyn.core import frozen, stream
from ldyn.gans import convention_values, kernel_inception_distance
from ldyn.kernels import Gaussian, half_squared_mmd

ANSWERS = frozen("conventions")
ABOUT = ANSWERS.provenance
X, Y = (torch.tensor(ABOUT[name], dtype=torch.float64) for name in "xy")
GOT = dict(zip(ANSWERS.column("key"), ANSWERS.column("value"), strict=True))
# What is not the formula beside it, and what the library iterates on its own.
OTHERWISE = {"unbalanced_pot", "coarse"}
STOPPED = {"biased": 1e-6, "debiased": 1e-6, "reach": 1e-5, "fid_small": 1e-6}


@pytest.fixture(scope="module")
def should():
    scales = {name: ABOUT[name] for name in ("blur", "reach", "neighbours")}
    return convention_values(X, Y, **scales)


def test_every_answer_is_the_formula_beside_it(claim, should):
    """Source: def-half-mmd."""
    off = {k: abs(GOT[k] - v) / max(abs(v), 1) for k, v in should.items() if k not in OTHERWISE}
    cost = torch.cdist(X, Y).square().numpy()
    exact = cost[linear_sum_assignment(cost)].mean().item()
    off["emd2"] = abs(GOT["emd2"] / exact - 1)
    assert set(should) | {"emd2"} == {
        row["key"] for row in ANSWERS.rows if row["group"] != "layers"
    } - {"kid_spread"}
    exactly = max(v for k, v in off.items() if k not in STOPPED)
    claim("library-factors", measured=exactly)
    assert exactly < 1e-9
    for key, tolerance in STOPPED.items():
        assert off[key] < tolerance, key


def test_factors_between_libraries_are_those_of_the_page(should):
    """The sentences below the tables, number against number."""
    sizes = 1 / len(X) + 1 / len(Y)
    assert GOT["energy_distance"] ** 2 / 2 == pytest.approx(GOT["energy"] + 1e-4 * sizes / 2)
    assert GOT["energy"] < GOT["energy_distance"] / 2
    assert 2 * GOT["biased"] == pytest.approx(GOT["solve"], rel=1e-6)
    assert GOT["sliced"] ** 2 == pytest.approx(GOT["w2_pot"])
    assert GOT["rbf"] == pytest.approx(half_squared_mmd(X, Y, kernel=Gaussian(0.5)).item())
    assert abs(GOT["l1"] - GOT["laplacian"]) > 0.005
    assert 1e-3 < GOT["coarse"] / should["coarse"] - 1 < 1e-2


def test_the_unbalanced_value_is_zero_where_the_objective_is_not(claim, should):
    claim("library-unbalanced", measured=GOT["unbalanced_pot"] / should["unbalanced_pot"])
    assert abs(GOT["unbalanced_pot"]) < 1e-9
    assert should["unbalanced_pot"] > 1


def test_a_set_is_at_a_negative_distance_from_itself(claim):
    """Source: prop-kid-itself."""
    gaps = []
    for n in (2, 5, 40, 300):
        x = torch.randn(n, 8, generator=stream("kid", n), dtype=torch.float64)
        k = (x @ x.T / 8 + 1) ** 3
        s, c = k.trace() / n, (k.sum() - k.trace()) / (n * (n - 1))
        found = kernel_inception_distance(x, x)
        assert found < 0
        gaps.append(abs(found / (-2 / n * (s - c)) - 1).item())
    claim("library-kid", measured=GOT["kid_wide"])
    assert max(gaps) < 1e-10
    assert max(GOT["kid_itself"], GOT["kid_wide"]) < 0


def norms(layer):
    """Read the weight of a layer 300 times; return its norms as it is read."""
    weight = torch.randn(layer.weight.shape, generator=stream("conventions", "layer"))
    with torch.no_grad():
        layer.weight.copy_(weight)
        torch.manual_seed(0)
        layer = spectral_norm(layer)
        weights = [layer.weight for _ in range(300)]
        return [torch.linalg.matrix_norm(w.flatten(1), 2).item() for w in weights], weights[-1]


def test_reading_changes_a_weight_and_a_kernel_is_not_its_layer(claim):
    read, _ = norms(torch.nn.Linear(256, 256, dtype=torch.float64))
    reshaped, weight = norms(torch.nn.Conv2d(3, 8, 3, padding=1, dtype=torch.float64))
    image = torch.zeros(3, 8, 8, dtype=torch.float64)
    jacobian = torch.func.jacfwd(lambda x: torch.conv2d(x[None], weight, padding=1).flatten())
    layer = torch.linalg.matrix_norm(jacobian(image).flatten(1), 2).item()
    claim("library-convolution", measured=layer)
    assert read[0] > read[1] > read[2] > 1.003
    assert [GOT[f"read_{k + 1}"] for k in range(3)] == pytest.approx(read[:3], rel=1e-6)
    assert reshaped[-1] == pytest.approx(1, rel=1e-6)
    assert math.isclose(GOT["layer"], layer, rel_tol=1e-6)
    assert layer > 1.5
