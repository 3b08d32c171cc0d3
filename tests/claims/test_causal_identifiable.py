"""Chapter 4, classes of mechanisms that identify the direction: exact laws, and exceptions."""

import math

import pytest
import torch

from ldyn.causal import additive_defect, igci, lingam, location_scale_defect, relative_hsic
from ldyn.core import mean_interval, share_interval, stream

F64 = torch.float64
LN2 = math.log(2)


def mirror(log_density):
    return lambda y, x: log_density(x, y)


def points(name, count=60, reach=2.0):
    return reach * (2 * torch.rand(2, count, generator=stream(name), dtype=F64) - 1)


def gammas(x, y, m=2.0, r=1.5):
    """x = log(G₁/G₂), y = log G₂ for independent gamma numbers of shapes m and r."""
    return m * x + (m + r) * y - y.exp() - (x + y).exp()


def test_a_gamma_law_has_additive_noise_both_ways(claim):
    x, y = points("gamma law")
    there = additive_defect(gammas, x, y).abs().max()
    back = additive_defect(mirror(gammas), y, x).abs().max()
    assert (gammas(x, y) - gammas(x, y - 1)).abs().min() > 1e-3
    claim("anm-gamma", measured=max(there, back).item())
    assert max(there, back) < 1e-10


def test_three_numbers_give_the_law_of_the_cause(claim):
    """eq-anm-ode from y = 0.3 and three numbers, against the cause of the gamma law."""
    m, y, k = 2.0, 0.3, 3.5
    xi = lambda x: m * x - k * torch.log1p(x.exp())  # noqa: E731
    nu = lambda e: k * e - e.exp()  # noqa: E731
    f = lambda x: -torch.log1p(x.exp())  # noqa: E731

    def tower(g, at, depth):
        found = []
        for _ in range(depth):
            g = torch.func.grad(g)
            found.append(g(at).item())
        return found

    def third(x, second):
        at = torch.tensor(x, dtype=F64)
        f1, f2, f3 = tower(f, at, 3)
        n1, n2, n3 = tower(nu, y - f(at), 3)
        return (
            (f2 / f1 - n3 * f1 / n2) * second
            - 2 * n2 * f2 * f1
            + n1 * f3
            + n1 * n3 * f2 * f1 / n2
            - n1 * f2**2 / f1
        )

    start = torch.tensor(-2.0, dtype=F64)
    state, h = [xi(start).item(), *tower(xi, start, 2)], 0.02
    slope = lambda x, s: [s[1], s[2], third(x, s[2])]  # noqa: E731
    move = lambda s, d, t: [a + t * b for a, b in zip(s, d, strict=True)]  # noqa: E731
    worst = 0.0
    for j in range(200):
        x = -2 + j * h
        a = slope(x, state)
        b = slope(x + h / 2, move(state, a, h / 2))
        c = slope(x + h / 2, move(state, b, h / 2))
        d = slope(x + h, move(state, c, h))
        mean = [(p + 2 * q + 2 * s + t) / 6 for p, q, s, t in zip(a, b, c, d, strict=True)]
        state = move(state, mean, h)
        worst = max(worst, abs(state[0] - xi(torch.tensor(x + h, dtype=F64)).item()))
    claim("anm-ode", measured=worst)
    assert worst < 1e-7


def test_the_integral_form_with_three_numbers(claim):
    """eq-three-numbers at eight y, k₁ and k₂ of the backward model, the integral by Simpson."""
    m, r = 2.0, 1.5
    fine = torch.linspace(-6, 6, 40_001, dtype=F64)
    x = fine[::2]
    xi = m * x - (m + r) * torch.log1p(x.exp())
    f = -torch.log1p(fine.exp())
    worst = 0.0
    for y in torch.linspace(-3, 1, 8, dtype=F64):
        slope = (m + r) - (y - f).exp()
        thirds = (slope[:-2:2] + 4 * slope[1::2] + slope[2::2]) * (x[1] - x[0]) / 6  # Simpson
        integral = torch.cat([x.new_zeros(1), thirds.cumsum(0)])
        c = r - y.exp()  # π_y − π_x of the backward model x = −y + log G₁
        e = y - f[::2]
        right = -c * x + integral - ((m + r) * e - e.exp())
        worst = max(worst, (xi - right - (xi - right)[0]).abs().max().item())
    claim("anm-three-numbers", measured=float(f"{worst:.0e}"))
    assert worst < 1e-8


def test_normal_noise_is_reversible_on_a_normal_line_alone(claim):
    """The largest backward defect of 60 curves and causes, each some way from linear and normal."""
    found = []
    x, y = points("normal noise", reach=1.5)
    for k in range(60):
        a, w, p, s = torch.rand(4, generator=stream("curves", k), dtype=F64).tolist()
        f = lambda x, a=a, w=w: x + (0.2 + a) * torch.sin((0.5 + w) * x + 6 * a)  # noqa: E731
        cause = lambda x, p=p: -(x**2) / 2 - p * x**4 / 4  # noqa: E731
        law = lambda x, y, f=f, c=cause, s=s: c(x) - ((y - f(x)) / (0.5 + s)) ** 2 / 2  # noqa: E731
        assert additive_defect(law, x, y).abs().max() < 1e-10
        found.append(additive_defect(mirror(law), y, x).abs().max().item())
    claim("anm-normal-noise", measured=min(found))
    assert min(found) > 1e-2


def test_normal_conditionals_have_location_and_scale_both_ways(claim):
    grid = torch.linspace(-1.5, 1.5, 9, dtype=F64)
    worst = 0.0
    for k in range(20):
        draw = torch.randn(3, 3, generator=stream("conditionals", k), dtype=F64) / 3
        m = draw - torch.diag(torch.tensor([0.0, 1.0, 2.0], dtype=F64))
        m[0, 2], m[2, 0] = -1.0, -1.5
        law = lambda x, y, m=m: sum(  # noqa: E731
            m[i, j] * x**i * y**j for i in range(3) for j in range(3)
        )
        for way in (law, mirror(law)):
            worst = max(worst, location_scale_defect(way, grid, grid).max().item())
        assert additive_defect(law, grid, grid.flip(0)).abs().max() > 1e-3
    claim("lsnm-normal", measured=worst)
    assert worst < 1e-10


def test_lines_that_are_not_normal_are_found(claim):
    """Share of right answers of the score for lines, three laws and three sizes of noise."""
    laws = (
        lambda u: u,
        lambda u: (u - 0.5).sign() * torch.log(1 - 2 * (u - 0.5).abs()),
        lambda u: -torch.log(u),
    )
    right = []
    for i, law in enumerate(laws):
        for s in (0.3, 1.0, 3.0):
            u = torch.rand(60, 2, 500, generator=stream("claim lines", i, s), dtype=F64)
            x, e = law(u).unbind(1)
            right += [lingam(a, b) > 0 for a, b in zip(x, x + s * e, strict=True)]
    found = share_interval(sum(right), len(right))
    claim("lingam-lines", measured=found.value, low=found.low, high=found.high)
    assert found.low > 0.95


def test_scales_keep_or_lose_additive_noise(claim):
    """prop-reparametrisation: the forward defect after exp or a cube root of either column."""
    law = lambda x, y: -(x**2) / 2 - (y - x - x.tanh()).cosh().log()  # noqa: E731
    of_cause = lambda x, y: law(x.sinh(), y) + x.cosh().log()  # noqa: E731
    of_effect = lambda x, y: law(x, y.sinh()) + y.cosh().log()  # noqa: E731
    to_exp = lambda x, y: law(x, y.log()) - y.log()  # noqa: E731
    x, y = points("scales", reach=1.0)
    kept = additive_defect(of_cause, x, y).abs().max().item()
    lost = additive_defect(of_effect, x, y).abs().median().item()
    assert lost > 1e-2
    positive = torch.linspace(0.5, 2, 9, dtype=F64)
    assert additive_defect(to_exp, x[:9], positive).abs().max() > 1e-3
    grown = location_scale_defect(to_exp, x[:9], positive).max().item()
    claim("anm-scales", measured=max(kept, grown))
    assert max(kept, grown) < 1e-10


def test_igci_is_wrong_where_the_cause_is_frequent_on_steep_parts(claim):
    """y = x², p = (k + 1)xᵏ: C = log 2 − 1/(k + 1), and the score is −2C (prop-igci)."""
    u = torch.rand(20_000, generator=stream("claim igci"), dtype=F64)
    u[:2] = torch.tensor([0.0, 1.0])  # the scaling to [0, 1] is then that of the law
    mixed = u[torch.randperm(len(u), generator=stream("claim igci", "mixed"))]
    worst = 0.0
    for k in (0, 0.25, 1, 3):
        x = u ** (1 / (k + 1))
        exact = -2 * (LN2 - 1 / (k + 1))
        worst = max(worst, abs(igci(x, x.square()) - exact))
        again = mixed ** (1 / (k + 1))
        assert igci(x, again.square()) == pytest.approx(igci(x, x.square()), abs=1e-12)
    claim("igci-postulate", measured=worst)
    assert igci(u.sqrt(), u) < 0 < igci(u, u.square())
    assert worst < 0.1


def test_the_velocity_of_a_law_is_that_of_its_mechanism(claim):
    """eq-velocity by quadrature, for location and scale: f′ + (y − f) σ′/σ."""
    f = lambda x: x + x.tanh()  # noqa: E731
    law = lambda x, y: -((y - f(x)) * (-x / 3).exp()).cosh().log() - x / 3  # noqa: E731
    y, h, worst = torch.linspace(-60, 60, 240_001, dtype=F64), 1e-4, 0.0
    for x in torch.tensor([-1.0, 0.2, 1.5], dtype=F64):
        at = y.abs() < 4
        p = [law(x + d, y).exp() for d in (-h, 0.0, h)]
        below = [(v.cumsum(0) - v / 2) / v.sum() for v in p]
        density = p[1] / p[1].sum() / (y[1] - y[0])
        found = -(below[2] - below[0]) / (2 * h) / density
        right = 2 - x.tanh() ** 2 + (y - f(x)) / 3
        worst = max(worst, (found - right)[at].abs().max().item())
    claim("velocity", measured=float(f"{worst:.0e}"))  # of a quadrature: no more digits
    assert worst < 1e-5


def test_changes_of_scale_hide_a_reversible_law(claim):
    """prop-pnl: the gamma law and a normal one, with exponentials of both columns."""
    normal = lambda x, y: -(x**2 + y**2 - 1.2 * x * y) / 1.28  # noqa: E731
    worst, least = 0.0, math.inf
    for law in (gammas, normal):
        raw = lambda x, y, f=law: f(x.log(), y.log()) - x.log() - y.log()  # noqa: E731
        u = 0.3 + 2 * torch.rand(2, 40, generator=stream("scales of gamma"), dtype=F64)
        for way in (lambda f: f, mirror):
            worst = max(worst, additive_defect(way(law), *u.log()).abs().max().item())
            least = min(least, additive_defect(way(raw), *u).abs().max().item())
    claim("pnl-scales", measured=worst)
    assert worst < 1e-10
    assert least > 1e-2


def test_a_sum_and_a_difference_are_independent_for_normal_laws_alone(claim):
    """lem-darmois: mean dependence of x + e and x − e, 40 samples of 300 rows, of each law."""
    laws = (torch.special.ndtri, lambda u: u, lambda u: -torch.log(u))
    found = []
    for i, law in enumerate(laws):
        u = torch.rand(40, 2, 300, generator=stream("darmois", i), dtype=F64)
        x, e = law(u).unbind(1)
        ratios = [relative_hsic(*p) for p in zip(x + e, x - e, strict=True)]
        found.append(mean_interval(torch.tensor(ratios, dtype=F64)))
    claim("darmois", measured=found[0].value, low=found[0].low, high=found[0].high)
    assert found[0].low < 1 < found[0].high
    assert min(f.low for f in found[1:]) > 2
