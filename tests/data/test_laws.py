"""Random laws and functions: the moments and properties that their definitions give."""

import math

import pytest
import torch

from ldyn.causal.functions import FUNCTIONS
from ldyn.core import stream
from ldyn.data.laws import (
    LAWS,
    distributions,
    gamma,
    gaussian_processes,
    log_uniform,
    normal,
    random_fields,
    rows_standardised,
)


def near(values, expected, errors=6.0):
    """Whether the mean of independent values is the expected one within six standard errors."""
    values = values.double().flatten()
    return abs(values.mean() - expected) <= errors * values.std() / len(values) ** 0.5


@pytest.mark.parametrize("process", [gaussian_processes, random_fields])
def test_processes_have_the_covariance_of_the_definition(process):
    points = normal(stream("points"), 1, 4, 2).expand(20_000, 4, 2)
    lengths = torch.tensor([[0.7, 2.0]], dtype=torch.float64).expand(20_000, 2)
    draws = process(points, lengths, draw=stream("process"))
    scaled = points[0] / lengths[0]
    expected = (-torch.cdist(scaled, scaled).square() / 2).exp()
    for i in range(4):
        assert near(draws[:, i], 0.0)
        for j in range(4):
            assert near(draws[:, i] * draws[:, j], expected[i, j])


def test_processes_have_independent_noise_of_the_size_asked():
    points = torch.zeros(20_000, 2, 1, dtype=torch.float64)  # twice one place
    draws = gaussian_processes(
        points, torch.ones(20_000, 1).double(), draw=stream("noise"), noise=0.5
    )
    assert near((draws[:, 0] - draws[:, 1]).square(), 2 * 0.5**2)


def test_gamma_and_log_uniform_have_their_moments():
    g = gamma(stream("gamma"), 5, 0.1, 100_000)
    assert near(g, 0.5)
    assert near(g.square(), 0.3)  # k(k + 1)θ²
    u = log_uniform(stream("scale"), 100_000, 0.05, 2.0)
    assert near(u.log(), math.log(0.1) / 2)
    assert 0.05 <= u.min() < 0.051
    assert 1.95 < u.max() <= 2.0


def test_random_distributions_integrate_the_exponential_of_their_process():
    """With F = 0 the sample is the normal one, from its smallest value on."""
    flat = lambda z, lengths, *, draw: torch.zeros_like(z[..., 0])  # noqa: E731
    sample = distributions(50, 400, draw=stream("laws"), process=flat)
    z = normal(stream("laws"), 50, 400)
    torch.testing.assert_close(sample.sort(1).values, z.sort(1).values - z.min(1, keepdim=True)[0])
    assert (sample[:, 1:] > sample[:, :-1]).double().mean() == pytest.approx(0.5, abs=0.03)
    line = lambda z, lengths, *, draw: z[..., 0]  # noqa: E731
    sample = distributions(50, 400, draw=stream("laws"), process=line).sort(1).values
    z = normal(stream("laws"), 50, 400).sort(1).values
    torch.testing.assert_close(sample[:, 1:], torch.cumulative_trapezoid(z.exp(), z))


@pytest.mark.parametrize("law", range(len(LAWS)))
def test_laws_are_those_of_independent_points(law):
    x = LAWS[law](torch.empty(400, 100, dtype=torch.float64), stream("law", law))
    z = rows_standardised(x)
    assert near((z[:, ::2] * z[:, 1::2]).mean(1), -1 / 99)  # of n centred points


def test_laws_have_the_kurtosis_of_their_names():
    for law, expected in ((0, 3.0), (1, 1.8), (2, 6.0), (3, 9.0), (4, 5.0), (6, 1.5), (7, 4.2)):
        x = LAWS[law](torch.empty(400, 400, dtype=torch.float64), stream("law", law))
        x = x - x.mean()
        found = x.pow(4).mean(1) - expected * x.square().mean(1) * x.square().mean()
        assert near(found, 0.0), law


@pytest.mark.parametrize("shape", range(len(FUNCTIONS)))
def test_functions_take_equal_values_at_equal_points_and_differ_between_tasks(shape):
    half = normal(stream("half"), 30, 50)
    f = FUNCTIONS[shape](torch.cat([half, half], 1), stream("function", shape))
    torch.testing.assert_close(f[:, :50], f[:, 50:])
    assert torch.corrcoef(f[:, :50]).fill_diagonal_(0).abs().median() < 0.99
