import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Laplace, fit_ridge
from ldyn.piecewise import disk, sample
from ldyn.piecewise.tiled import tiled_ridge

DATA = sample(disk(), 300, generator=stream("tiles"))
Z = torch.rand(200, 2, generator=stream("tiles", "z"), dtype=torch.float64)
RIDGES = [0.03, 0.3]


def test_one_tile_is_kernel_ridge():
    tiled = tiled_ridge(DATA.x, DATA.y, Z, kernel=Laplace(1.0), ridges=RIDGES)
    for ridge, values in zip(RIDGES, tiled, strict=True):
        exact = fit_ridge(DATA.x, DATA.y, kernel=Laplace(1.0), ridge=ridge)(Z)
        assert torch.allclose(values, exact, atol=1e-12)


def test_a_margin_that_covers_the_square_makes_every_tile_exact():
    z = torch.cat([Z, torch.tensor([[1.0, 1.0], [0.0, 1.0], [1.0, 0.3]])])
    tiled = tiled_ridge(DATA.x, DATA.y, z, kernel=Laplace(1.0), ridges=[0.1], tile=20, margin=10.0)
    exact = fit_ridge(DATA.x, DATA.y, kernel=Laplace(1.0), ridge=0.1)(z)
    assert torch.allclose(tiled[0], exact, atol=1e-12)


def test_tiles_with_their_margins_are_near_the_exact_fit():
    tiled = tiled_ridge(DATA.x, DATA.y, Z, kernel=Laplace(1.0), ridges=[0.1], tile=75)[0]
    exact = fit_ridge(DATA.x, DATA.y, kernel=Laplace(1.0), ridge=0.1)(Z)
    apart = (tiled - exact).square().mean()
    # The tiles differ from the exact fit by much less than the fit from the truth.
    assert 0 < apart < 0.02 * (exact - disk()(Z)).square().mean()


def test_the_weights_do_not_depend_on_the_responses():
    fit = lambda y: tiled_ridge(DATA.x, y, Z, kernel=Laplace(1.0), ridges=[0.1], tile=75)  # noqa: E731
    other = torch.sin(9 * DATA.x[:, 0])
    assert torch.allclose(fit(DATA.y + 2 * other), fit(DATA.y) + 2 * fit(other), atol=1e-10)


def test_a_tile_without_samples_has_the_value_of_the_prior():
    x = torch.full((4, 2), 0.1, dtype=torch.float64)
    values = tiled_ridge(
        x, torch.ones(4).double(), x + 0.8, kernel=Laplace(1.0), ridges=[0.1], tile=1, margin=0.1
    )
    assert (values == 0).all()


@pytest.mark.parametrize(
    ("x", "more", "says"),
    [
        (DATA.x[:, :1], {}, "d = 2"),
        (DATA.x, {"tile": 0}, "tile"),
        (DATA.x, {"margin": 0.0}, "margin"),
        (DATA.x, {"ridges": [0.1, 0.0]}, "ridge must"),
        (DATA.x, {"z": Z[:, :1]}, "z must have 2 columns"),
        (DATA.x[:5], {}, "shape"),
    ],
)
def test_bad_input_is_refused(x, more, says):
    with pytest.raises(ValueError, match=says):
        tiled_ridge(x, DATA.y, **{"z": Z, "kernel": Laplace(1.0), "ridges": [0.1]} | more)
