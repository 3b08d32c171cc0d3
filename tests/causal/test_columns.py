"""Columns: what is refused, and the scales on which methods see them."""

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from ldyn.causal import mid_ranks, normal_scores, require_columns, standardised, to_unit
from ldyn.core import stream

F64 = torch.float64
RAMP = torch.arange(12, dtype=F64)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (RAMP, RAMP[:-1], "one length, got 12 and 11"),
        (RAMP[:9], RAMP[:9], "at least 10 rows"),
        (RAMP, RAMP.where(RAMP != 3, torch.nan), "y must be finite"),
        (RAMP.where(RAMP != 3, torch.inf), RAMP, "x must be finite"),
        (torch.full((12,), 2.5), RAMP, r"x is constant \(2.5\)"),
        (RAMP, RAMP[:, None], "try y.reshape"),
        (RAMP, RAMP.to(torch.complex64), "real numbers"),
        (["a"] * 12, RAMP, "turn text into numbers"),
        (None, RAMP, "x must be a column of numbers"),
        (RAMP, 3.0, "y must be a column"),
        (RAMP, RAMP.to("meta"), "one device, got cpu and meta"),
        (np.ma.masked_greater(RAMP.numpy(), 8), RAMP, "x must be finite"),
    ],
)
def test_bad_columns_are_refused(x, y, said):
    with pytest.raises(ValueError, match=said):
        require_columns(x, y)


def test_columns_of_other_kinds_become_float64():
    for given in (RAMP.float(), RAMP.int(), RAMP.tolist(), RAMP.numpy()):
        x, y = require_columns(given, np.arange(12) ** 2)
        assert x.dtype == y.dtype == F64
        assert torch.equal(x, RAMP)


class Labelled:
    """A column that finds its values by labels, as those of tables do."""

    def __len__(self):
        return len(RAMP)

    def __getitem__(self, label):
        raise KeyError(label)

    def __array__(self, dtype=None, copy=None):
        return RAMP.numpy()


def test_reversed_foreign_and_labelled_columns_are_columns():
    for given in (RAMP.flip(0).numpy()[::-1], RAMP.numpy().astype(">f8"), Labelled()):
        assert torch.equal(require_columns(given, RAMP)[0], RAMP)


def test_units_may_be_as_large_or_small_as_numbers_are():
    x = torch.randn(50, generator=stream("units"), dtype=F64)
    for power in (-900, -500, 500, 900):
        assert torch.equal(standardised(2.0**power * x), standardised(x))
    assert torch.isfinite(standardised(RAMP * 1.6e307)).all()
    assert torch.isfinite(standardised(RAMP.float() * 3e37)).all()


def test_scales():
    x = torch.randn(50, generator=stream("scales"), dtype=F64) ** 3
    z, u = standardised(3 * x + 5), to_unit(3 * x + 5)
    assert torch.allclose(z, standardised(x))
    assert torch.allclose(u, to_unit(x))
    assert z.mean().abs() < 1e-14
    assert z.square().mean().item() == pytest.approx(1)
    assert (u.min(), u.max()) == (0, 1)


def test_ranks_with_ties():
    x = torch.tensor([3.0, 1.0, 2.0, 1.0, 3.0, 3.0, 0.5], dtype=F64)
    assert mid_ranks(x).tolist() == rankdata(x).tolist()
    scores = normal_scores(x)
    assert scores.tolist() == pytest.approx(norm.ppf(rankdata(x) / 8).tolist())
    assert torch.equal(normal_scores(x.exp()), scores)
    assert torch.allclose(normal_scores(-x), -scores)
