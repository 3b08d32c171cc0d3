"""Linear methods against the two lower bounds, on frozen numbers."""

import torch

from ldyn.core import frozen, slope, slope_difference, stream
from ldyn.piecewise import LINEAR, fragment, grid_values, rough_boundary
from ldyn.piecewise.linear import cosine_basis
from ldyn.studies.piecewise.boxes import squared_bias


def slopes(study, value, methods, upper_half=True, **where):
    found = {}
    for method in methods:
        rows = frozen(study).where(method=method, **where)
        _, n, r = rows.table(value, columns="n", rows="seed")
        assert len(r) >= 10
        found[method] = slope(torch.tensor(n).double(), r, upper_half=upper_half)
    return found


def within(claim, name, found, theory, tolerance=0.05):
    steepest = min(found.values(), key=lambda s: s.value)
    claim(name, measured=steepest.value, low=steepest.low, high=steepest.high)
    for method, s in found.items():
        assert abs(s.value - theory) <= tolerance, f"{method}: {s}"


def test_linear_methods_on_a_step(claim):
    within(claim, "linear-1d", slopes("rates", "oracle", LINEAR, target="step"), -1 / 2)


def test_linear_methods_on_a_disk(claim):
    methods = [m for m in LINEAR if m != "spline"]
    within(claim, "linear-2d", slopes("rates", "oracle", methods, target="disk"), -1 / 3)


def test_the_laplace_kernel_on_a_ball(claim):
    within(claim, "linear-3d", slopes("rates", "oracle", ["ridge Laplace"], target="ball"), -1 / 4)


def test_kriging_against_the_floor(claim):
    edges, ratios = frozen("edges"), []
    for dim in (1, 2):
        floor = {r["n"]: r["risk"] for r in edges.where(dim=dim, method="floor").rows}
        rows = edges.where(dim=dim, method="kriging")
        _, n, risks = rows.table("risk", columns="n", rows="seed")
        ratios += [(m / floor[k]).item() for k, m in zip(n, risks.mean(0), strict=True)]
    claim("linear-floor", measured=f"{min(ratios):.2f} to {max(ratios):.2f}")
    assert min(ratios) >= 1
    assert max(ratios) < 1.5


def test_kriging_has_the_slope_of_the_theorem(claim):
    found = slopes("edges", "risk", ["kriging"], dim=2)
    within(claim, "linear-half-spaces", found, -1 / 3)
    for dim in (1, 2):
        best = slopes("edges", "risk", ["kriging"], dim=dim)["kriging"]
        assert abs(best.value + 1 / (dim + 1)) <= 0.05


def test_smoothness_does_not_help(claim):
    within(claim, "linear-smoothness", slopes("rough", "oracle", ["cosine"], alpha=2.0), -1 / 3)
    for method in ("cosine", "neighbours"):
        rows = [frozen("rough").where(method=method, alpha=a) for a in (1.0, 2.0)]
        (_, n, lipschitz), (_, _, smooth) = (
            r.table("oracle", columns="n", rows="seed") for r in rows
        )
        # other boundaries and other samples
        gap = slope_difference(n, smooth, lipschitz, paired=False, upper_half=True)
        assert gap.low < 0 < gap.high


def test_rough_boundaries(claim):
    for alpha in (0.5, 0.3):
        rows = frozen("boxes").where(alpha=alpha)
        shapes = {}
        for shape in ("box", "square"):
            _, n, r = rows.table(shape, columns="n", rows="seed")
            shapes[shape] = slope(torch.tensor(n).double(), r, upper_half=True)
        bound, box = -alpha / (2 * alpha + 1), shapes["box"]
        if alpha == 0.5:
            claim("linear-rough", measured=box.value, low=box.low, high=box.high)
        assert abs(box.value - bound) <= 0.05, str(box)
        # squares fall more slowly, and their theory is in reach
        assert shapes["square"].low > max(bound, box.high)
        assert abs(shapes["square"].value + alpha / (alpha + 2)) <= 0.05


def test_the_computed_bias_is_that_of_the_cosines():
    """What a box leaves, from the integrals of the cosines over the region, for a flat enough h."""
    bias = squared_bias(2.0, 0)
    h = rough_boundary(2.0, generator=stream("rough", 2.0, 0))
    fine = grid_values(fragment(h, 2), 512)
    phi = cosine_basis(((torch.arange(512).double() + 0.5) / 512)[:, None], 4)
    c = phi.T @ fine @ phi / 512**2
    left = fine.square().mean() - c.square().cumsum(0).cumsum(1)
    torch.testing.assert_close(bias[:4, :4].T, left, rtol=0, atol=3e-3)


def test_validation_does_not_beat_the_oracle(claim):
    rates, ratios = frozen("rates"), []
    for target, methods in (("step", LINEAR), ("disk", [m for m in LINEAR if m != "spline"])):
        for method in methods:
            rows = rates.where(target=target, method=method)
            oracle, chosen = (
                rows.table(kind, columns="n", rows="seed")[2].mean(0)
                for kind in ("oracle", "validated")
            )
            ratios += (chosen / oracle).tolist()
    claim("linear-cv", measured=f"{min(ratios):.2f} to {max(ratios):.2f}")
    assert min(ratios) >= 1


def test_level_cut_haar(claim):
    found = slopes("rates", "oracle", ["haar cut"], target="disk")
    within(claim, "linear-wavelets", found, -1 / 3)
