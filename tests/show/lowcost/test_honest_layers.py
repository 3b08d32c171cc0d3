"""The layers in the page are those of the library's solvers."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.solvers import KernelRidge


def test_layers_in_the_page_are_kernel_ridge_on_x_and_u(js):
    x, z = torch.rand(2, 40, generator=stream("honest figure"), dtype=torch.float64)
    text = f"{json.dumps(x.tolist())}, {json.dumps(z.tolist())}"
    y = torch.tensor(js("honest-layers", f"sample({text}, 1, 0.5)"), dtype=torch.float64)
    at, fold = torch.tensor([[0.3], [0.52]], dtype=torch.float64), torch.arange(40) % 2
    lower = [KernelRidge("laplace", 0.3, 0.06, "cholesky") for _ in range(2)]
    for k in (0, 1):
        lower[k].fit(x[fold == k][:, None], y[fold == k])
    u = torch.where(fold == 0, lower[1].predict(x[:, None]), lower[0].predict(x[:, None]))
    pairs = torch.stack([x / 0.6, u / 0.35], 1)
    below = [f.predict(at) for f in lower]
    tops = [KernelRidge("matern32", 0.3, 1.0, "cholesky") for _ in range(3)]
    for k in (0, 1):
        tops[k].fit(pairs[fold == k], y[fold == k])
    pooled = tops[2].fit(pairs, y)

    def above(top, v):
        return top.predict(torch.stack([at[:, 0] / 0.6, v / 0.35], 1))

    honest = (above(tops[0], below[1]) + above(tops[1], below[0])) / 2
    ordinary = above(pooled, (below[0] + below[1]) / 2)
    found = f"layers({json.dumps(x.tolist())}, {json.dumps(y.tolist())}, 0.3)"
    for name, right in (("honest", honest), ("ordinary", ordinary)):
        value = js("honest-layers", f"[0.3, 0.52].map({found}.{name})")
        assert value == pytest.approx(right.tolist(), rel=1e-8)
    left = js("honest-layers", f"{found}.left")
    both = (tops[0].record_.loo + tops[1].record_.loo) / 2
    assert left["honest"] == pytest.approx(both, rel=1e-8)
    assert left["ordinary"] == pytest.approx(pooled.record_.loo, rel=1e-8)


def test_the_sample_in_the_page_jumps_where_it_says(js):
    assert js("honest-layers", "truth(0.6, 1, 0.5) - truth(0.6, 0, 0.5)") == 1
    assert js("honest-layers", "truth(0.4, 1, 0.5) - truth(0.4, 0, 0.5)") == 0
