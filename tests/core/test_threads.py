"""Small computations run on one thread, and the number of threads is as before afterwards."""

import threading

import pytest
import torch

from ldyn.core import few_threads, stream
from ldyn.core.threads import SMALL
from ldyn.landscape import gradient_descent, gradient_flow, levenberg_marquardt, newton
from ldyn.nets import Training, fit_nets, training

OUTSIDE = 2


@pytest.fixture(autouse=True)
def several_threads():
    torch.set_num_threads(OUTSIDE)
    yield
    torch.set_num_threads(1)


def test_a_small_block_has_one_thread_and_a_large_one_those_it_found():
    for work, count in [(0, 1), (SMALL - 1, 1), (SMALL, OUTSIDE), (float("inf"), OUTSIDE)]:
        with few_threads(work):
            assert torch.get_num_threads() == count
        assert torch.get_num_threads() == OUTSIDE


def test_the_number_is_restored_after_an_exception():
    with pytest.raises(ZeroDivisionError), few_threads():
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == OUTSIDE
    with few_threads():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == OUTSIDE


def test_blocks_nest():
    with few_threads():
        with few_threads():
            assert torch.get_num_threads() == 1
        with few_threads(SMALL):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == OUTSIDE


@pytest.mark.parametrize("first_out", ["first in", "last in"])
def test_blocks_in_two_python_threads_restore_what_the_first_found(first_out):
    inside, leave, seen = threading.Event(), threading.Event(), {}

    def other():
        with few_threads():
            seen["inside"] = torch.get_num_threads()
            inside.set()
            leave.wait(10)
        seen["after"] = torch.get_num_threads()

    worker = threading.Thread(target=other)
    if first_out == "first in":
        with few_threads():
            worker.start()
            inside.wait(10)
        assert torch.get_num_threads() == OUTSIDE
        leave.set()
        worker.join(10)
    else:
        with few_threads():
            worker.start()
            inside.wait(10)
            leave.set()
            worker.join(10)
            assert torch.get_num_threads() == 1
    assert seen == {"inside": 1, "after": OUTSIDE}
    assert torch.get_num_threads() == OUTSIDE
    fresh = []
    thread = threading.Thread(target=lambda: fresh.append(torch.get_num_threads()))
    thread.start()
    thread.join(10)
    assert fresh == [OUTSIDE]


def seen_in_fit(monkeypatch, k, width, batch):
    seen, forward = set(), training.forward

    def spy(*args):
        seen.add(torch.get_num_threads())
        return forward(*args)

    monkeypatch.setattr(training, "forward", spy)
    x = torch.rand(k, 320, 2, generator=stream("threads", k), dtype=torch.float64)
    plan = Training(hidden=(width,) * 4, steps=2, batch=batch)
    fit = fit_nets(x, x[..., 0].sin(), seeds=range(k), training=plan)
    assert torch.get_num_threads() == OUTSIDE
    return seen, fit


# 3.2, 12.7, 25.6 and 6.5 million multiplications a step, and 51, 102 and 205 million.
@pytest.mark.parametrize(("k", "width"), [(1, 64), (1, 128), (8, 64), (8, 32)])
def test_a_small_fit_trains_on_one_thread(monkeypatch, k, width):
    assert seen_in_fit(monkeypatch, k, width, 256)[0] == {1}


@pytest.mark.parametrize(("k", "width"), [(1, 256), (8, 128), (64, 64)])
def test_a_large_stack_keeps_the_threads_that_it_found(monkeypatch, k, width):
    assert seen_in_fit(monkeypatch, k, width, 256)[0] == {OUTSIDE}


def test_what_counts_is_the_minibatch_and_not_the_sample(monkeypatch):
    assert seen_in_fit(monkeypatch, 1, 256, 128)[0] == {1}


def test_the_number_of_threads_changes_rounding_alone(monkeypatch):
    one = seen_in_fit(monkeypatch, 8, 64, 256)[1]
    monkeypatch.setattr("ldyn.core.threads.SMALL", 0.0)
    seen, several = seen_in_fit(monkeypatch, 8, 64, 256)
    assert seen == {OUTSIDE}
    for a, b in zip(one.parameters, several.parameters, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def valley(theta, *data):
    """A residual with its minimum at 1, which notes the threads that it is computed with."""
    SEEN.add(torch.get_num_threads())
    return theta - sum(d[0] for d in data)


def height(theta, *data):
    return valley(theta, *data).square().sum() / 2


SEEN: set[int] = set()
SOLVERS = {
    "levenberg_marquardt": lambda s, d: levenberg_marquardt(valley, s, d).theta,
    "newton": lambda s, d: newton(height, s, d),
    "gradient_descent": lambda s, d: gradient_descent(height, s, d, rate=0.5, steps=60, looks=1)[1],
    "gradient_flow": lambda s, d: gradient_flow(height, s, d, times=[40.0]).theta[0],
}


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize(("rows", "count"), [(10, 1), (10**5, OUTSIDE)])
def test_descents_choose_by_size(monkeypatch, name, rows, count):
    SEEN.clear()
    monkeypatch.setattr("ldyn.core.threads.SMALL", 1e5)
    data = [torch.ones(2, rows, dtype=torch.float64)]
    found = SOLVERS[name](torch.zeros(2, 3, dtype=torch.float64), data)
    torch.testing.assert_close(found, torch.ones_like(found), rtol=0, atol=1e-5)
    assert {count} == SEEN
    assert torch.get_num_threads() == OUTSIDE


def test_a_descent_that_fails_restores_the_threads():
    def broken(theta):
        raise RuntimeError("no residual")

    with pytest.raises(RuntimeError, match="no residual"):
        levenberg_marquardt(broken, torch.zeros(2, 3, dtype=torch.float64))
    assert torch.get_num_threads() == OUTSIDE
