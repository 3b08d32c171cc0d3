"""The window of stable steps on errors of which it can be read off."""

import pytest
import torch

from ldyn.gans import stable_windows

STEPS = torch.linspace(-2, 0.5, 6, dtype=torch.float64)
INF = torch.inf


def test_the_longest_run_is_found():
    errors = torch.tensor(
        [
            [0.0, 9.0, 0.0, 0.1, 0.0, INF],
            [9.0, 9.0, 9.0, 9.0, 9.0, INF],
            [0.0, 0.0, 9.0, 0.0, 0.0, 9.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [9.0, 9.0, 9.0, 9.0, 9.0, 0.0],
        ],
        dtype=torch.float64,
    )
    found = stable_windows(errors, STEPS, threshold=0.1 + 1e-6)
    nan = torch.nan
    expected = {
        "low": [-1.0, nan, -0.5, -2.0, 0.5],
        "high": [0.0, nan, 0.0, 0.5, 0.5],
        "width": [1.5, 0.0, 1.0, 3.0, 0.5],
    }
    for name, value in expected.items():
        torch.testing.assert_close(
            getattr(found, name), torch.tensor(value).double(), equal_nan=True
        )


def test_a_smaller_threshold_has_no_wider_window():
    generator = torch.Generator().manual_seed(0)
    errors = torch.rand(50, 6, generator=generator, dtype=torch.float64)
    strict, mild = (stable_windows(errors, STEPS, threshold=t).width for t in (0.3, 0.6))
    assert (strict <= mild).all()
    assert (strict < mild).any()


@pytest.mark.parametrize(
    ("errors", "steps", "told"),
    [
        (torch.zeros(2, 5).double(), STEPS, "m = 5 as in errors"),
        (torch.zeros(6).double(), STEPS, r"errors must be a tensor of shape \(r, m\)"),
        (torch.full((1, 6), torch.nan).double(), STEPS, "errors must be finite"),
        (torch.zeros(2, 3), torch.tensor([0.0, 1.0, 3.0]), "evenly spaced"),
        (torch.zeros(2, 3), torch.tensor([2.0, 1.0, 0.0]), "evenly spaced"),
        (torch.zeros(2, 1), torch.tensor([1.0]), "m >= 2"),
        (torch.zeros(2, 2), torch.tensor([0.0, torch.inf]), "evenly spaced"),
        (torch.zeros(0, 6).double(), STEPS, "no empty side"),
        (torch.zeros(2, 6), torch.tensor(1.0), r"exponents must be a tensor of shape \(m,\)"),
        (torch.zeros(2, 6), STEPS, "share their dtype"),
        ([[1.0]], STEPS, "try torch.as_tensor"),
    ],
)
def test_bad_errors_say_what_to_do(errors, steps, told):
    with pytest.raises(ValueError, match=told):
        stable_windows(errors, steps, threshold=0.1)


def test_a_bad_threshold_is_refused():
    with pytest.raises(ValueError, match="threshold must be"):
        stable_windows(torch.zeros(2, 6).double(), STEPS, threshold=0.0)
