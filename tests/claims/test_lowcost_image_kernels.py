"""Chapter 5, kernels that see images: bounds on random images, random networks, groups."""

import itertools

import torch
from torch.nn import functional

from ldyn.core import mean_interval, stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.layers import GroupAveragedKernel, MirrorGaussian, arc_cosine

F64 = torch.float64
SIDE, CELLS = 12, 3


def normal(*shape, name="normal"):
    return torch.randn(*shape, generator=stream("image kernels", name, *shape), dtype=F64)


def normalised(u, contrast):
    u = u - u.mean(-1, keepdim=True)
    return u / (u.square().mean(-1, keepdim=True) + contrast).sqrt()


def patches(images):
    wide = functional.pad(images[:, None], (1, 1, 1, 1), mode="circular")
    return normalised(functional.unfold(wide, 3).mT, 0.01)


def windows(width):
    """Weights (cells², positions) around the middles of cells, and the largest of a factor."""
    middle = (torch.arange(CELLS, dtype=F64)[:, None] + 0.5) * SIDE / CELLS
    gap = (torch.arange(SIDE) + 0.5 - middle + SIDE / 2) % SIDE - SIDE / 2
    b = (-gap.square() / (2 * width**2)).exp()
    b = b / b.sum(1, keepdim=True)
    return torch.einsum("ai,bj->abij", b, b).reshape(CELLS**2, SIDE**2), b.max().item()


def pooled(images, w, threshold=0.0):
    """g_c(w, x) of all filters, (images, 2 cells, filters)."""
    a, r = windows(1.5)[0], patches(images) @ w
    return torch.cat([a @ (s * r - threshold).clamp(min=0) for s in (1, -1)], 1)


def test_contrast_normalisation_is_lipschitz(claim):
    """Over pairs near and far, of patches with and without contrast."""
    worst = 0.0
    for size, apart, c in itertools.product((1e-3, 0.1, 1.0), (1e-4, 0.1, 3.0), (1e-3, 0.1)):
        u = size * normal(2000, 16, name=f"patch {size}")
        v = u + apart * size * normal(2000, 16, name=f"other {apart}")
        moved = (normalised(u, c) - normalised(v, c)).norm(dim=1)
        worst = max(worst, (moved * c**0.5 / (u - v).norm(dim=1)).max().item())
    claim("images-contrast", measured=worst)
    assert 0.9 < worst <= 1


def test_pooled_features_are_the_double_sum_over_patches(claim):
    """Largest relative difference, two images, from features and from all pairs of positions."""
    images, w = normal(2, SIDE, SIDE, name="images"), normal(9, 8, name="few filters")
    g = pooled(images, w, 0.3)
    r = patches(images) @ w
    psi = torch.cat([(r - 0.3).clamp(min=0), (-r - 0.3).clamp(min=0)], 2)
    a, _ = windows(1.5)
    pairs = torch.einsum("cp,pq,cq->", a, psi[0] @ psi[1].T, a)
    worst = abs((g[0] * g[1]).sum() / pairs - 1).item()
    claim("images-patches", measured=worst)
    assert worst < 1e-12


def test_whitening_forgets_linear_changes_and_commutes_with_mirrors(claim):
    """Largest relative change of an inner product; the mirror is asserted, with a ridge."""
    u, turn = normal(500, 9, name="patches") @ normal(9, 9, name="mix"), normal(9, 9, name="change")

    def whitened(v, ridge=0.0):
        centred = v - v.mean(0)
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(v))
        return centred @ ((vectors * (values + ridge).rsqrt()) @ vectors.T)

    before, after = whitened(u), whitened(u @ turn.T + 3)
    worst = (
        (after @ after.T - before @ before.T).abs().max() / before.square().sum(1).max()
    ).item()
    mirror = torch.arange(9).reshape(3, 3).flip(1).flatten()
    both = whitened(torch.cat([u, u[:, mirror]]), ridge=0.2)
    assert (both[500:] - both[:500, mirror]).abs().max() < 1e-11
    claim("images-whitening", measured=worst)
    assert worst < 1e-9


def test_random_filters_have_the_variance_of_one_over_their_number(claim):
    """m · (K̂ − K)² / Var κ over 300 banks of 64 filters, K from the arc-cosine kernel."""
    images = normal(2, SIDE, SIDE, name="images")
    u, (a, _) = patches(images), windows(1.5)
    exact = torch.einsum("cp,pq,cq->", a, arc_cosine(u[0], u[1], order=1), a)
    g = pooled(images, normal(9, 300 * 64, name="filters"))
    kappa = (g[0] * g[1]).sum(0)
    squares = (kappa.reshape(300, 64).mean(1) - exact).square() * 64 / kappa.var()
    found = mean_interval(squares)
    claim("images-filters", measured=found.value, low=found.low, high=found.high)
    assert found.low <= 1 <= found.high


def test_wide_random_networks_become_normal_as_fast_as_the_theorem_says(claim):
    """Excess kurtosis of 20 × 4,000 networks of four filters over 3 Var κ / (m K²)."""
    images, m, threshold = normal(1, SIDE, SIDE, name="image"), 4, 0.5
    batches = []
    kappa = []
    for s in range(20):
        g = pooled(images, normal(9, 4000 * m, name=f"filters {s}"), threshold)[0]
        v = normal(*g.shape, name=f"weights {s}")
        f = (g * v).sum(0).reshape(-1, m).sum(1) / m**0.5
        batches.append(f.pow(4).mean() / f.square().mean().square() - 3)
        kappa.append(g.square().sum(0))
    kappa = torch.cat(kappa)
    predicted = 3 * kappa.var() / (m * kappa.mean().square())
    found = mean_interval(torch.stack(batches) / predicted)
    claim("images-wide", measured=found.value, low=found.low, high=found.high)
    assert found.low <= 1 <= found.high


def test_pooled_features_move_no_more_than_the_bound(claim):
    """Largest ratio over smooth and rough images, widths of windows, and moves along both axes."""
    rough, w = normal(20, SIDE, SIDE, name="rough"), normal(9, 16, name="some filters")
    smooth = functional.avg_pool2d(functional.pad(rough[:, None], (2,) * 4, "circular"), 5, 1)[:, 0]
    worst = 0.0
    for images, width, move in itertools.product(
        (rough, 5 * smooth), (0.5, 1.0, 2.0), ((0, 1), (1, 0), (0, 3), (2, -1))
    ):
        a, largest = windows(width)
        maps = [patches(x) @ w for x in (images, images.roll(move, (1, 2)))]
        before, after = (torch.cat([r.clamp(min=0), (-r).clamp(min=0)], 2) for r in maps)
        radius = (before - before.mean(1, keepdim=True)).norm(dim=2).amax(1)
        bound = 2 * largest * radius * CELLS * sum(map(abs, move))
        ratio = (a @ (after - before)).flatten(1).norm(dim=1) / bound
        worst = max(worst, ratio.max().item())
    claim("images-pooling", measured=worst)
    assert 0.1 < worst <= 1


def turned(k):
    return lambda x: x.reshape(-1, 4, 4).rot90(k, (1, 2)).reshape(len(x), -1)


TURNS = tuple(turned(k) for k in range(4))


def test_group_averages_are_invariant_and_positive(claim):
    """Largest change under the group, over kernels and random sets; eigenvalues are asserted."""
    worst = 0.0
    for kernel, s in itertools.product((Gaussian(3.0), Laplace(2.0)), range(10)):
        x, averaged = normal(12, 16, name=f"set {s}"), GroupAveragedKernel(kernel, TURNS)
        gram = averaged(x, x)
        worst = max(worst, *((averaged(g(x), x) - gram).abs().max().item() for g in TURNS))
        assert torch.linalg.eigvalsh((gram + gram.T) / 2)[0] > -1e-12
        signs = normal(16, name=f"signs {s}").sign()
        mirror = MirrorGaussian(3.0, signs)
        worst = max(worst, (mirror(x * signs, x) - mirror(x, x)).abs().max().item())
        assert torch.linalg.eigvalsh(mirror(x, x))[0] > -1e-12
    claim("images-invariant", measured=worst)
    assert worst <= 1e-12


def test_averaging_is_augmentation(claim):
    x, z, y = (normal(n, 16, name=f"rows {n}") for n in (40, 15, 39))
    y, kernel, ridge = normal(40, name="responses"), Gaussian(3.0), 0.05
    averaged = GroupAveragedKernel(kernel, TURNS)
    short = averaged(z, x) @ torch.linalg.solve(
        averaged(x, x) + ridge * torch.eye(40, dtype=F64), y
    )
    rows = torch.cat([g(x) for g in TURNS])
    system = kernel(rows, rows) + 4 * ridge * torch.eye(160, dtype=F64)
    long = kernel(z, rows) @ torch.linalg.solve(system, y.repeat(4))
    worst = (short - long).abs().max().item()
    claim("images-augmented", measured=worst)
    assert worst <= 1e-11


def test_of_all_subsets_of_two_groups_only_subgroups_average_to_a_kernel(claim):
    """All subsets of the cyclic group of six and the permutations of three: how many disagree."""
    shifts = [tuple((i + s) % 6 for i in range(6)) for s in range(6)]
    disagree, subgroups = 0, 0
    for group in (shifts, list(itertools.permutations(range(3)))):
        product = {(a, b): tuple(a[i] for i in b) for a in group for b in group}
        unit = tuple(range(len(group[0])))
        inverse = {a: next(b for b in group if product[a, b] == unit) for a in group}
        for count in range(1, 7):
            for subset in map(set, itertools.combinations(group, count)):
                closed = all(product[a, b] in subset for a in subset for b in subset)
                rows = [[float(product[a, inverse[b]] in subset) for b in group] for a in group]
                gram = torch.tensor(rows, dtype=F64)
                kernel = torch.equal(gram, gram.T) and torch.linalg.eigvalsh(gram)[0] > -1e-12
                disagree += bool(kernel) != closed
                subgroups += closed
    claim("images-groups", measured=disagree)
    assert disagree == 0
    assert subgroups == 4 + 6


def test_three_steps_of_one_argument_are_indefinite(claim):
    """The least eigenvalue over images with one bright pixel, on a circle of 16."""
    x = torch.eye(16, dtype=F64)
    mean = sum(x @ x.roll(s, 1).T for s in (-1, 0, 1)) / 3
    least = torch.linalg.eigvalsh(mean)[0].item()
    claim("images-steps", measured=least)
    assert abs(least + 1 / 3) < 1e-12
