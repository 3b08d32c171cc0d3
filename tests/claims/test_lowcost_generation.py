"""Generation: what copies, what windows and steps do, and pictures against held-out ones."""

import math

import pytest
import torch
from sklearn.datasets import load_digits

from ldyn.core import frozen, log_slope, mean_interval, share_interval, stream
from ldyn.layers import (
    LocalScoreModel,
    local_posterior_mean,
    probability_flow,
    wiener_matrix,
    window_energies,
)

F64 = torch.float64
SPACES = torch.logspace(math.log10(8), math.log10(0.004), 60, dtype=F64).tolist()


def digits(k=3):
    images, labels = load_digits(return_X_y=True)
    return torch.from_numpy(images[labels == k] / 16).reshape(-1, 1, 8, 8)


def ends(data, radii, count):
    draw = stream("generation claims", len(radii))
    x = SPACES[0] * torch.randn(count, 1, 8, 8, generator=draw, dtype=F64)
    flow = lambda x, s: local_posterior_mean(x, data, noise=s, radii=radii)  # noqa: E731
    return probability_flow(x, flow, SPACES)


def test_the_flow_of_the_posterior_mean_ends_at_training_pictures(claim):
    data = digits()
    made = ends(data, torch.zeros(1, 1, dtype=torch.long), 200)
    distance, index = torch.cdist(made.flatten(1), data.flatten(1)).min(1)
    off = distance.max().item()
    claim("generation-copies", measured=0.0 if off < 1e-6 else off)
    assert off < 1e-6
    assert len(index.unique()) > 50


def test_disjoint_windows_make_mosaics(claim):
    data = digits()
    made = ends(data, torch.zeros(2, 2, dtype=torch.long), 200)
    off = 0.0
    for i in (0, 4):
        for j in (0, 4):
            blocks = (x[:, 0, i : i + 4, j : j + 4].flatten(1) for x in (made, data))
            off = max(off, torch.cdist(*blocks).amin(1).max().item())
    claim("generation-mosaic", measured=0.0 if off < 1e-6 else off)
    assert off < 1e-6
    assert torch.cdist(made.flatten(1), data.flatten(1)).amin(1).gt(0.5).double().mean() > 0.9


def test_a_window_that_holds_the_energy_loses_no_more_than_the_rest(claim):
    covariance = torch.cov(digits().flatten(1).T)
    top, worst = torch.linalg.eigvalsh(covariance)[-1].item(), 0.0
    for noise in (0.1, 0.3, 1.0, 3.0):
        wiener = wiener_matrix(covariance, noise=noise)
        shares = window_energies(wiener, shape=(1, 8, 8))
        for r in range(8):
            for p in range(64):
                i, j = divmod(p, 8)
                if covariance[p, p] < 1e-9:
                    continue
                rows, columns = (torch.arange(max(0, k - r), min(8, k + r + 1)) for k in (i, j))
                q = (8 * rows[:, None] + columns).flatten()
                noisy = covariance[q][:, q] + noise**2 * torch.eye(len(q), dtype=F64)
                cross = covariance[p, q]
                error = covariance[p, p] - cross @ torch.linalg.solve(noisy, cross)
                lost = (1 - shares[r, i, j]) * (1 + top / noise**2)
                if lost < 1e-3:
                    continue  # a window that holds everything loses nothing
                worst = max(worst, (error / (noise**2 * wiener[p, p] * (1 + lost))).item())
    claim("generation-window", measured=worst)
    assert worst <= 1 + 1e-9


def flow_of(covariance, levels):
    """The covariance that Euler's steps end with: they are linear."""
    noisy = covariance + levels[0] ** 2 * torch.eye(len(covariance), dtype=F64)
    denoise = lambda x, s: x @ wiener_matrix(covariance, noise=s)  # noqa: E731
    steps = probability_flow(torch.eye(len(covariance), dtype=F64), denoise, levels)
    return steps.T @ noisy @ steps


def test_steps_on_normal_data_lose_what_the_angles_say(claim):
    draw = stream("generation claims", "normal")
    a = torch.randn(6, 6, generator=draw, dtype=F64)
    sizes, axes = torch.logspace(-2, 1, 6, dtype=F64), torch.linalg.qr(a)[0]
    covariance = (axes * sizes) @ axes.T
    losses, counts, off = [], [8, 16, 32, 64, 128], 0.0
    for count in counts:
        levels = [
            (8 ** (1 / 7) + k / count * (0.06 ** (1 / 7) - 8 ** (1 / 7))) ** 7 for k in range(count)
        ]
        angles = torch.tensor([*levels, 0.0], dtype=F64)[:, None].div(sizes.sqrt()).arctan()
        right = sizes * angles.diff(dim=0).cos().square().prod(0)
        found = axes.T @ flow_of(covariance, levels) @ axes
        off = max(off, ((found - right.diag()).abs().max() / right.max()).item())
        equal = torch.linspace(math.atan(8), 0, count + 1, dtype=F64)[:-1].tan().tolist()
        losses.append(1 - flow_of(torch.eye(1, dtype=F64), equal).item())
    claim("generation-steps", measured=0.0 if off < 1e-10 else off)
    rate = log_slope(counts, losses, upper_half=True)
    claim("generation-steps-rate", measured=rate)
    assert off < 1e-10
    assert abs(rate + 1) < 0.05


def test_leave_one_out_is_the_distance_of_held_out_pictures(claim):
    """Of 100 training digits a class; a class is a replication."""
    logs = []
    for k in range(10):
        x = digits(k).flatten(1)
        x = x[torch.randperm(len(x), generator=stream("generation claims", "held", k))]
        apart = torch.cdist(x, x[:100])
        fresh = apart[100:].amin(1).mean()
        own = apart[:100].fill_diagonal_(torch.inf).amin(1).mean()
        logs.append((own / fresh).log().item())
    found = mean_interval(logs)
    value, low, high = (math.exp(v) for v in (found.value, found.low, found.high))
    claim("generation-leave-one-out", measured=value, low=low, high=high)
    assert low < 1.01
    assert high > 1


def one(method, share=0.0, data="mnist", train=1000):
    return frozen("generation").where(data=data, train=train, method=method, share=share).rows[0]


def likeness(data):
    """Fréchet distance of copies over that of held-out pictures."""
    return one("copies", 1.0, data)["frechet"] / one("held out", data=data)["frechet"]


def test_copies_are_caught_by_their_distance_and_by_nothing_else(claim):
    far = max(one("copies", 1.0, data)["ratio"] for data in ("mnist", "fashion"))
    claim("generation-caught", measured=far)
    claim("generation-likeness", measured=likeness("mnist"))
    assert far < 0.1
    assert likeness("mnist") <= 1


@pytest.mark.xfail(strict=True, reason="twelve steps do not copy all clothes equally often")
def test_copied_clothes_are_as_good_as_real_ones(claim):
    claim("generation-likeness-clothes", measured=likeness("fashion"))
    assert likeness("fashion") <= 1


def test_what_is_made_is_as_new_as_held_out_digits(claim):
    row = one("local", train=4000)
    value, half = row["ratio"], 1.96 * row["error"]
    claim("generation-novelty", measured=value, low=value - half, high=value + half)
    assert abs(value - 1) <= 0.05


def share(field, row):
    return share_interval(round(row[field] * row["made"]), row["made"])


@pytest.mark.xfail(strict=True, reason="by a hundredth, seen by the features that recognise")
def test_precision_at_the_novelty_of_held_out_digits(claim):
    found = share("precision", one("local", train=4000))
    claim("generation-precision", measured=found.value, low=found.low, high=found.high)
    assert found.low >= 0.75


@pytest.mark.xfail(strict=True, reason="by two hundredths, seen by the features that recognise")
def test_recall_at_the_novelty_of_held_out_digits(claim):
    found = share("recall", one("local", train=4000))
    claim("generation-recall", measured=found.value, low=found.low, high=found.high)
    assert found.value >= 0.8


@pytest.mark.xfail(strict=True, reason="windows cover less than real digits do")
def test_recall_is_that_of_real_digits(claim):
    found = share("recall", one("local", train=4000))
    claim("generation-recall-real", measured=found.value, low=found.low, high=found.high)
    assert found.value >= 0.85


@pytest.mark.xfail(strict=True, reason="windows agree with their neighbours alone")
def test_the_frechet_distance_is_nearly_that_of_real_digits(claim):
    value = one("local", train=4000)["frechet"] / one("held out", train=4000)["frechet"]
    claim("generation-frechet", measured=value)
    assert value <= 1.2


@pytest.mark.xfail(strict=True, reason="by a hundredth of it, on crowded cores")
def test_a_digit_costs_little(claim):
    value = one("local", train=4000)["seconds"]
    claim("generation-seconds", measured=value)
    assert value <= 0.05


def test_clothes_are_harder(claim):
    times = [
        one("local", 0.0, data)["frechet"] / one("held out", 0.0, data)["frechet"]
        for data in ("fashion", "mnist")
    ]
    claim("generation-clothes", measured=times[0] / times[1])
    assert times[0] > times[1]


def test_windows_sew_more_than_smooth_rivals(claim):
    value = one("local")["recall"] - max(one(m)["recall"] for m in ("normal", "ridge"))
    claim("generation-rivals", measured=value)
    assert value > 0.2


def test_the_model_calibrates_itself_on_small_digits(claim):
    ratios = []
    for k in range(5):
        x = digits(k)[:, 0]
        model = LocalScoreModel(seed=k).fit(x)
        made = model.sample(200)
        near = torch.cdist(made.flatten(1), x.flatten(1)).amin(1).mean().item()
        ratios.append(math.log(near / model.target_))
    found = mean_interval(ratios)
    value, low, high = (math.exp(v) for v in (found.value, found.low, found.high))
    claim("generation-calibrated", measured=value, low=low, high=high)
    assert abs(value - 1) < 0.03
