"""The steps in the figure are those of the library, and its promise is kept."""

import math

import pytest
import torch

from ldyn.solvers import pcg

N, RIDGE, GOAL = 60, 1e-1, 1e-4


def system():
    values = 4 * 0.9 ** torch.arange(N, dtype=torch.float64)
    return values, torch.linspace(1, -2, N, dtype=torch.float64)


def written(values, parts):
    return f"{{ values: {values.tolist()}, parts: {parts.tolist()} }}"


@pytest.mark.parametrize("rank", [0, 3, 10, 25])
def test_the_steps_are_those_of_the_library_and_within_the_promise(js, rank):
    values, parts = system()
    errors = []

    def keep(state, _):
        e = parts / parts.norm() / (values + RIDGE) - state["x"][0]
        errors.append((e.square() @ (values + RIDGE)).item())

    factor = torch.diag(values.sqrt())[:rank]
    pcg(values.diag(), parts, ridge=RIDGE, factor=factor, tolerance=1e-12, keep=keep)
    first = ((parts / parts.norm()).square() / (values + RIDGE)).sum().item()
    want = next(t for t, e in enumerate(errors, 1) if e <= GOAL**2 * first)
    told = written(values, parts)
    assert js("rank-steps", f"steps({told}, {rank}, {RIDGE}, {GOAL}, 400)") == want
    kappa = js("rank-steps", f"condition({told}, {rank}, {RIDGE})")
    assert kappa == pytest.approx(1 + values[rank].item() / RIDGE)
    root = math.sqrt(kappa)
    promise = js("rank-steps", f"promised({kappa}, {GOAL})")
    assert promise == math.ceil(math.log(2 / GOAL) / math.log((root + 1) / (root - 1)))
    assert want <= promise


def test_the_tail_rank_leaves_a_trace_of_at_most_the_ridge(js):
    values, parts = system()
    r = js("rank-steps", f"tailRank({written(values, parts)}, {RIDGE})")
    assert values[r:].sum() <= RIDGE < values[r - 1 :].sum()
    assert js("rank-steps", f"tailRank({written(values, parts)}, 1e9)") == 0


def test_ranks_rise_to_the_size(js):
    found = js("rank-steps", "ranks(400)")
    assert found == sorted(set(found))
    assert found[0] == 1
    assert 300 < found[-1] < 400
