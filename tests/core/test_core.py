import hashlib
import json

import pytest
import torch

from ldyn.core import (
    default_device,
    frozen,
    require_choice,
    require_points,
    require_samples,
    slope,
    stream,
)


def test_streams_are_reproducible_and_differ_by_name():
    draw = lambda *names: torch.rand(4, generator=stream(*names))  # noqa: E731
    assert torch.equal(draw("a", 1), draw("a", 1))
    assert not torch.equal(draw("a", 1), draw("a", 2))
    assert not torch.equal(draw("a", 1), draw("a", "1"))
    with pytest.raises(ValueError, match="needs a name"):
        stream()


def test_the_seed_is_the_digest_of_the_names():
    digest = hashlib.sha256(b"('a', 1)").hexdigest()
    assert stream("a", 1).initial_seed() == int(digest[:16], 16) // 2


@pytest.mark.parametrize(("present", "kind"), [(True, "cuda"), (False, "cpu")])
def test_the_default_device_is_cuda_where_there_is_one(monkeypatch, present, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
    assert default_device().type == kind


def test_slope_recovers_an_exact_power_law():
    n = 2.0 ** torch.arange(6, 12).double()
    s = slope(n, (3 * n**-0.5).expand(4, -1))
    assert s.value == pytest.approx(-0.5, abs=1e-12)
    assert s.low == pytest.approx(-0.5, abs=1e-12)


def test_slope_upper_half_looks_at_the_large_sizes_only():
    n = 2.0 ** torch.arange(6, 12).double()
    risks = torch.where(n < 400, n**-0.1, 7 * n**-1.0).expand(3, -1)
    assert slope(n, risks, upper_half=True).value == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize(("sizes", "kept"), [(2, 2), (4, 3), (6, 3), (7, 4)])
def test_the_upper_half_is_rounded_up_and_has_three_sizes_where_there_are(sizes, kept):
    n = 2.0 ** torch.arange(sizes).double()
    risks = 1 + torch.rand(3, sizes, generator=stream("upper half", sizes), dtype=torch.float64)
    alone = slope(n[-kept:], risks[:, -kept:])
    assert slope(n, risks, upper_half=True).value == pytest.approx(alone.value, abs=1e-12)


def test_the_slope_is_that_of_the_mean_risk():
    n, share = 2.0 ** torch.arange(6).double(), torch.linspace(0.1, 0.5, 6, dtype=torch.float64)
    risks = 2 * n**-0.5 * torch.stack([share, 1 - share])
    assert slope(n, risks).value == pytest.approx(-0.5, abs=1e-12)


def test_intervals_widen_with_their_level():
    n = 2.0 ** torch.arange(6).double()
    noise = torch.randn(40, 6, generator=stream("level"), dtype=torch.float64)
    half, most = (slope(n, (0.2 * noise).exp(), level=v) for v in (0.5, 0.95))
    # with many degrees of freedom the quantiles are nearly the normal 0.674 and 1.960
    ratio = (half.high - half.low) / (most.high - most.low)
    assert ratio == pytest.approx(0.674 / 1.960, rel=0.1)
    assert (half.level, most.level) == (0.5, 0.95)


@pytest.mark.parametrize(
    ("sizes", "risks"),
    [
        (torch.ones(1), torch.ones(2, 1)),
        (torch.ones(3), torch.ones(3)),
        (torch.ones(3), torch.zeros(2, 3)),
        (torch.arange(3), torch.ones(2, 3)),
        (torch.arange(1, 4), torch.full((2, 3), torch.inf)),
    ],
)
def test_slope_refuses_what_has_no_slope(sizes, risks):
    with pytest.raises(ValueError, match=r"risks|sizes"):
        slope(sizes, risks)


def test_frozen_reads_rows_and_names_what_is_missing(tmp_path, monkeypatch):
    rows = [{"n": n, "seed": s, "risk": 1.0 / n + s} for n in (2, 4) for s in (0, 1)]
    (tmp_path / "toy.json").write_text(json.dumps({"provenance": {"scale": "smoke"}, "rows": rows}))
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    seeds, sizes, risk = frozen("toy").table("risk", columns="n", rows="seed")
    assert (seeds, sizes) == ([0, 1], [2, 4])
    assert risk.tolist() == [[0.5, 0.25], [1.5, 1.25]]
    assert frozen("toy").where(n=2).column("risk") == [0.5, 1.5]
    with pytest.raises(ValueError, match="no row with"):
        frozen("toy").where(n=3)
    with pytest.raises(ValueError, match="narrow them"):
        frozen("toy").table("risk", columns="n", rows="n")
    with pytest.raises(ValueError, match="there are: toy"):
        frozen("other")


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (torch.ones(3), torch.ones(3), "no empty side"),
        (torch.ones(0, 2), torch.ones(0), "no empty side"),
        (torch.ones(3, 1), torch.ones(3, 1), "shape"),
        (torch.ones(3, 1), torch.ones(3).double(), "share their dtype"),
        (torch.ones(3, 1), torch.ones(3, device="meta"), "on one device, got cpu and meta"),
        (torch.ones(3, 1, dtype=torch.long), torch.ones(3), "floating"),
        (torch.full((3, 1), torch.nan), torch.ones(3), "finite"),
        (torch.ones(3, 1), torch.tensor([0.0, 1.0, torch.inf]), "finite"),
        (torch.ones(3, 1), torch.ones(3), "at least 4"),
        ([[1.0]], torch.ones(1), "torch tensor"),
    ],
)
def test_bad_samples_are_refused_with_a_way_out(x, y, says):
    with pytest.raises(ValueError, match=says):
        require_samples(x, y, at_least=4)


def test_points_and_choices_are_checked():
    assert require_points(torch.ones(2, 3), dim=3).shape == (2, 3)
    with pytest.raises(ValueError, match="\\(n, 3\\), got shape \\(2, 2\\)"):
        require_points(torch.ones(2, 2), dim=3)
    with pytest.raises(ValueError, match="one of a, b"):
        require_choice("c", ["b", "a"], "kernel")
