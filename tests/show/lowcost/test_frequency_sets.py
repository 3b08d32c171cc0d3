"""The frequencies of the page and their errors are those of the library."""

import json
import math

import pytest
import torch
from scipy.special import ndtri

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.solvers import feature_variance, uniform_points

Sobol = torch.quasirandom.SobolEngine


def net(axes, seed):
    """The state of the figure: columns and shift of a scrambled net."""
    engine = Sobol(axes, scramble=True, seed=seed)
    return {"columns": engine.sobolstate[:, :10].tolist(), "shift": engine.shift.tolist()}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_net_in_the_page_is_that_of_the_library(js):
    draw = stream("frequency sets")
    points = uniform_points(256, 5, generator=draw)
    seed = int(torch.randint(2**31, (1,), generator=stream("frequency sets")))
    found = js("frequency-sets", f"netPoints({json.dumps(net(5, seed))}, 5, 256)")
    assert torch.equal(tensor(found)[1:], points[1:])
    # torch rounds the first point to single precision, whatever dtype is asked for.
    torch.testing.assert_close(tensor(found)[0], points[0], rtol=0, atol=2.0**-25)
    points[:, 0] /= 2
    w = js("frequency-sets", f"netFrequencies({json.dumps(net(5, seed))}, 5, 256)")
    exact = torch.from_numpy(ndtri(points.numpy()))
    torch.testing.assert_close(tensor(w)[1:], exact[1:], rtol=1e-8, atol=1e-10)


def test_quantiles_in_the_page_are_normal_to_nine_digits(js):
    u = [2.0**-31, 1e-6, 0.01, 0.31, 0.5, 0.77, 1 - 2.0**-31]
    found = tensor(js("frequency-sets", f"{json.dumps(u)}.map(quantile)"))
    assert found.tolist() == pytest.approx(ndtri(u).tolist(), rel=1e-8, abs=1e-10)


def test_numbers_drawn_in_the_page_are_uniform_and_repeat(js):
    script = "(() => {{ const f = source({}); return Array.from({{ length: 20000 }}, f); }})()"
    u, again, other = (tensor(js("frequency-sets", script.format(seed))) for seed in (3, 3, 4))
    assert torch.equal(u, again)
    assert not torch.equal(u, other)
    for power in (1, 2, 3):
        values = u**power
        assert abs(values.mean() - 1 / (power + 1)) < 5 * values.std() / len(u) ** 0.5
    assert abs((u[1:] * u[:-1]).mean() - 0.25) < 5 * 0.23 / len(u) ** 0.5


def test_orthogonal_frequencies_in_the_page_are_orthogonal_and_normal(js):
    w = tensor(js("frequency-sets", "orthogonalFrequencies(source(1), 8, 2000)"))
    for block in w.split(8):
        gram = block @ block.T
        torch.testing.assert_close(gram, gram.diagonal().diag(), atol=1e-9, rtol=0)
    for power, exact in ((2, 1.0), (4, 3.0)):
        values = (w**power).flatten()
        assert abs(values.mean() - exact) < 6 * values.std() / len(values) ** 0.5


def test_errors_and_variances_in_the_page_are_those_of_the_library(js):
    w, delta = (torch.randn(n, 3, generator=stream("w", n), dtype=torch.float64) for n in (9, 1))
    kernel = Gaussian(1.0)
    found = js(
        "frequency-sets", f"errorAt({json.dumps(w.tolist())}, {json.dumps(delta[0].tolist())})"
    )
    exact = (w @ delta[0]).cos().mean() - kernel.profile(delta.norm())
    assert found == pytest.approx(exact.item(), abs=1e-14)
    s = delta.square().sum().item()
    value = feature_variance(kernel, delta, count=1).item()
    assert js("frequency-sets", f"variance({s})") == pytest.approx(value, rel=1e-12)
    assert js("frequency-sets", "rootMean([1, 4, 4])") == math.sqrt(3)


def test_displacements_have_the_bandwidth_asked_for(js):
    for scale in (1.0, 0.5**0.5):
        apart = tensor(js("frequency-sets", f"displacements(20, {scale})"))
        assert apart.shape == (200, 20)
        assert apart.norm(dim=1).quantile(0.5).item() == pytest.approx(1 / scale)
