"""Targets: areas against exact ones, unit jumps, labels that partition the cube."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import (
    ball,
    disk,
    fragment,
    grid_values,
    half_space,
    random_blob,
    random_fragment,
    rough_boundary,
    smooth_control,
    smooth_part,
    step,
    stripes,
    wave,
)


def cube(n, dim, name="cube"):
    return torch.rand(n, dim, generator=stream(name, n, dim), dtype=torch.float64)


def members():
    """One target of every factory, random ones among them."""
    found = [step(), disk(), ball(), wave(), half_space((0.3, -1.0), -0.4), stripes(5)]
    found += [smooth_control(d) for d in (1, 3)]
    found += [random_blob(stream("blob", s)) for s in range(3)]
    found += [
        random_fragment(dim=d, alpha=a, beta=1.5, pieces=m, generator=stream("member", d, a, m))
        for d in (1, 2, 3)
        for a in (0.5, 2.0)
        for m in (2, 4)
    ]
    found.append(fragment(rough_boundary(1.0, generator=stream("f"), dim=2), 3, alpha=1.0))
    return found


@pytest.mark.parametrize(
    ("target", "volume"),
    [
        (step(0.3), 0.7),
        (disk(), math.pi * 0.09),
        (disk((0.5, 0.4), 0.25), math.pi / 16),
        (ball((0.4,), 0.3), 0.6),
        (wave(), 0.5),
        (half_space((0.3, 1.0), 0.6), 0.55),
        (half_space((1.0, -1.0), 0.0), 0.5),
        (fragment(lambda z: z[:, 0] ** 2, 2), 2 / 3),
    ],
)
def test_areas_in_one_and_two_dimensions(target, volume):
    side = 2**16 if target.dim == 1 else 1024
    assert grid_values(target, side, dim=target.dim).mean().item() == pytest.approx(
        volume, abs=5e-4
    )


def test_volumes_in_three_dimensions():
    assert grid_values(ball(), 96, dim=3).mean().item() == pytest.approx(
        4 / 3 * math.pi * 0.35**3, abs=1e-3
    )
    flat = fragment(lambda z: z.mean(1), 3)
    assert grid_values(flat, 96, dim=3).mean().item() == pytest.approx(0.5, abs=3e-3)


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_stripes_have_their_exact_areas(pieces):
    target, side = stripes(pieces), 1024
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    labels = target.piece(torch.cartesian_prod(axis, axis))
    low = 0.3 * axis + 0.05 * (2 * torch.pi * axis).sin()
    for m in range(pieces):
        top, bottom = (1.3 * (m + i) / pieces - low for i in (1, 0))
        exact = (top.clamp(0, 1) - bottom.clamp(0, 1)).mean().item()
        assert (labels == m).double().mean().item() == pytest.approx(exact, abs=1e-3)
    values = target(torch.cartesian_prod(axis, axis))
    assert torch.equal(values, (labels % 2).double())
    corners = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    assert target.piece(corners).tolist() == [0, pieces - 1]


@pytest.mark.parametrize("seed", range(3))
def test_a_blob_has_the_area_of_its_rim(seed):
    target = random_blob(stream("blob", seed))
    u = torch.rand(10, generator=stream("blob", seed), dtype=torch.float64)
    phi = torch.arange(4096, dtype=torch.float64) * 2 * torch.pi / 4096
    log = torch.zeros_like(phi)
    for i, k in enumerate(range(2, 6)):
        log += 0.6 * (u[2 + i] - 0.5) / k * (k * phi + 2 * torch.pi * u[6 + i]).cos()
    rim = 0.27 * log.exp()
    area = rim.square().mean().item() * math.pi
    assert grid_values(target, 1024).mean().item() == pytest.approx(area, abs=5e-4)
    # the whole region lies inside the square
    centre = 0.45 + 0.1 * u[:2]
    assert rim.max() < min(centre.min().item(), 1 - centre.max().item())
    points = centre + torch.stack([phi.cos(), phi.sin()], 1) * (rim * (1 - 1e-9))[:, None]
    assert (target(points) == 1).all()
    points = centre + torch.stack([phi.cos(), phi.sin()], 1) * (rim * (1 + 1e-9))[:, None]
    assert (target(points) == 0).all()


@pytest.mark.parametrize("target", members(), ids=lambda t: f"{t.name}-{t.dim}")
def test_labels_partition_the_cube_and_choose_the_part(target):
    x = cube(4000, target.dim)
    label = target.piece(x)
    assert label.shape == (4000,)
    assert not label.is_floating_point()
    assert label.min() >= 0
    assert label.max() < len(target.pieces)
    if len(target.pieces) > 1:
        assert len(label.unique()) >= 2
    values = target(x)
    for m, part in enumerate(target.pieces):
        mine = label == m
        if mine.any():
            assert torch.allclose(values[mine], part(x[mine]), rtol=0, atol=1e-12)
    assert target(x.float()).dtype == torch.float32


def test_every_point_of_an_indicator_s_edge_has_a_jump_of_one():
    phi = torch.linspace(0, 6.28, 50, dtype=torch.float64)
    rim = torch.stack([phi.cos(), phi.sin()], 1)
    centre = torch.tensor([0.48, 0.52], dtype=torch.float64)
    inside, outside = (disk()(centre + 0.3 * s * rim) for s in (1 - 1e-12, 1 + 1e-12))
    assert ((inside - outside) == 1).all()
    rim = torch.tensor([[0.25], [0.75]], dtype=torch.float64)
    assert ball((0.5,), 0.25)(rim).tolist() == [1.0, 1.0], "a ball is closed"
    assert step(0.4)(torch.tensor([[0.4], [0.4 - 1e-15]], dtype=torch.float64)).tolist() == [
        1.0,
        0.0,
    ]
    u = torch.linspace(0, 1, 50, dtype=torch.float64)
    h = rough_boundary(0.5, generator=stream("edge"))
    line = h(u[:, None])
    above, below = (fragment(h, 2)(torch.stack([u, line + s], 1)) for s in (1e-12, -1e-12))
    assert ((above - below) == 1).all()


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_a_random_member_jumps_between_neighbouring_layers(dim):
    pieces = 2
    generator = stream("jump", dim)
    target = random_fragment(dim=dim, alpha=1.0, beta=1.0, pieces=pieces, generator=generator)
    x = cube(200, dim)
    low, high = x.clone(), x.clone()
    low[:, -1], high[:, -1] = 0.0, 1.0
    for _ in range(60):  # bisection for the place where the label changes
        middle = (low + high) / 2
        up = (target.piece(middle) > 0)[:, None]
        low, high = torch.where(up, low, middle), torch.where(up, middle, high)
    assert (target.piece(low) == 0).all()
    assert (target.piece(high) == 1).all()
    # levels 0.25 and 0.75, each ± 0.2
    assert (target(high) - target(low)).min() >= 0.1
    assert (target(high) - target(low)).max() <= 0.9


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_layers_of_a_random_member_are_ordered_and_its_smoothness_is_kept(dim):
    generator = stream("layers", dim)
    target = random_fragment(dim=dim, alpha=0.5, beta=2.0, pieces=4, generator=generator)
    assert (target.alpha, target.beta, len(target.pieces)) == (0.5, 2.0, 4)
    x = cube(300, dim)
    last = torch.linspace(0, 1, 30, dtype=torch.float64)
    labels = []
    for v in last:
        x[:, -1] = v
        labels.append(target.piece(x))
    assert (torch.stack(labels).diff(dim=0) >= 0).all()
    again = random_fragment(dim=dim, alpha=0.5, beta=2.0, pieces=4, generator=stream("layers", dim))
    assert torch.equal(target(x), again(x))


@pytest.mark.parametrize("dim", [1, 2])
def test_a_random_member_is_put_together_from_its_draws(dim):
    draw, pieces = stream("parts", dim), 4
    parts = [
        smooth_part(2.0, dim=dim, generator=draw, level=level) for level in (0.25, 0.75, 0.25, 0.75)
    ]
    x = cube(500, dim)
    if dim == 1:
        cuts = torch.rand(3, generator=draw, dtype=torch.float64)
        x = torch.cat([x, cuts[:, None]])
        label = (x >= cuts).sum(1)
    else:
        graphs = [rough_boundary(0.5, generator=draw) for _ in range(3)]
        heights = torch.stack(
            [g(x[:, :1]) + s for g, s in zip(graphs, (-0.25, 0, 0.25), strict=True)]
        )
        label = (x[:, 1] >= heights).sum(0)
    generator = stream("parts", dim)
    target = random_fragment(dim=dim, alpha=0.5, beta=2.0, pieces=pieces, generator=generator)
    assert torch.equal(target.piece(x), label)
    assert len(label.unique()) == pieces
    values = torch.stack([part(x) for part in parts]).gather(0, label[None])[0]
    torch.testing.assert_close(target(x), values)


def test_the_control_has_no_jump():
    axis = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None]
    values = smooth_control(1)(axis)
    assert values.diff().abs().max() <= torch.pi / 2 / 2000 + 1e-12
    exact = 0.5 + 0.5 * math.cos(0.5) * 2 / math.pi  # ∫ sin(πx + ½) = (2/π) cos ½
    assert grid_values(smooth_control(1), 4096, dim=1).mean().item() == pytest.approx(
        exact, abs=1e-7
    )
    square = 0.5 + 0.5 * (math.cos(0.5) * 2 / math.pi) ** 2
    assert grid_values(smooth_control(2), 512).mean().item() == pytest.approx(square, abs=1e-5)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: disk(radius=0.0), "radius must be a finite number > 0, got 0.0; try"),
        (lambda: ball(radius=float("nan")), "radius must be a finite number, got nan; try"),
        (lambda: stripes(1), "pieces must be an integer >= 2, got 1; try"),
        (lambda: stripes(2.5), "pieces must be an integer, got 2.5; try"),
        (lambda: half_space((0.0, 0.0), 0.5), "normal must not be zero.*try"),
        (lambda: fragment(lambda z: z[:, 0], 1), "dim must be an integer >= 2"),
        (lambda: smooth_control(0), "dim must be an integer >= 1"),
        (lambda: random(pieces=1), "pieces must be an integer >= 2"),
        (lambda: random(alpha=0.0), "alpha must be a finite number > 0"),
        (lambda: random(beta=-1.0), "beta must be a finite number > 0, got -1.0"),
        (lambda: random(dim=0), "dim must be an integer >= 1"),
        (lambda: random(dim=1, alpha=-1.0), "alpha must be a finite number > 0"),
        (lambda: disk()(cube(5, 3)), r"x must be .*\(n, 2\), got shape \(5, 3\)"),
        (lambda: step()(cube(5, 1)[:, 0]), r"of shape \(n, d\) with no empty side.*try"),
    ],
)
def test_bad_choices_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def random(**choice):
    usual = {"dim": 2, "alpha": 1.0, "beta": 1.0, "pieces": 2, "generator": stream("bad")}
    return random_fragment(**{**usual, **choice})
