"""Claims on solvers of kernel systems: conjugate gradients, batches, filters, rounding."""

import math

import pytest
import torch

from ldyn.core import frozen, slope, stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.lowcost import batch_descent, batch_rule
from ldyn.solvers import pcg, rpcholesky, symmetric_gram

F64 = torch.float64
GOAL = 1e-6


def table(n, dtype=F64):
    draw = stream("claims on solvers", n)
    x = torch.rand(n, 3, generator=draw, dtype=F64)
    noise = torch.randn(n, generator=draw, dtype=F64)
    return x, (6 * x[:, 0]).sin() * x[:, 1] + 0.1 * noise


def pivots(x, kernel, rank, *names):
    return rpcholesky(x, kernel=kernel, rank=rank, generator=stream(*names, rank)).factor


def eye(n):
    return torch.eye(n, dtype=F64)


def promised(kappa, goal=GOAL):
    root = math.sqrt(kappa)
    return math.ceil(math.log(2 / goal) / math.log((root + 1) / (root - 1))) if root > 1 else 1


def test_conjugate_gradients_are_cholesky(claim):
    x, y = table(500)
    worst = 0.0
    for kernel in (Gaussian(0.5), Matern32(0.5), Laplace(1.0)):
        gram = symmetric_gram(kernel, x)
        for ridge in (1.0, 1e-2):
            exact = torch.linalg.solve(gram + ridge * eye(500), y)
            for rank in (None, 20, 100):
                factor = rank and pivots(x, kernel, rank, "pcg is cholesky")
                c = pcg(gram, y, ridge=ridge, factor=factor, tolerance=1e-12, most=3000)
                worst = max(worst, ((c.coefficients - exact).norm() / exact.norm()).item())
    claim("pcg-cholesky", measured="below 1e-8 in 18 systems")
    assert worst < 1e-8


def test_steps_are_within_the_promise(claim):
    rows = [r for r in frozen("iterations").rows if r["steps"]]
    ratios = [r["steps"] / promised(1 + r["norm"] / r["ridge"]) for r in rows]
    claim("pcg-steps", measured=max(ratios))
    assert len(rows) > 60
    assert max(ratios) <= 1
    # A cell that did not arrive in 150 steps was promised no fewer.
    late = [r for r in frozen("iterations").rows if not r["steps"]]
    assert all(promised(1 + r["norm"] / r["ridge"]) > 150 for r in late)
    # Lanczos' norms are from below: the steps see no condition number beyond them.
    assert all(r["condition"] <= 1.001 * (1 + r["norm"] / r["ridge"]) for r in rows + late)


def test_at_the_tail_rank_the_ridge_is_not_seen(claim):
    rows = frozen("iterations").where(kernel="gaussian", rank=-1).rows
    steps = [r["steps"] for r in rows]
    claim("pcg-tail", measured=max(steps), low=min(steps), high=max(steps))
    assert {r["ridge"] for r in rows} == {1.0, 1e-2, 1e-4}
    assert all(r["left"] <= r["ridge"] for r in rows)
    assert max(steps) <= promised(2)


def test_random_pivots_at_the_tail_rank_give_the_condition_number(claim):
    x, _ = table(200)
    ridge, delta, draws, high = 0.1, 0.2, 100, 0
    for kernel in (Gaussian(0.5), Gaussian(0.3)):
        gram = symmetric_gram(kernel, x)
        values = torch.linalg.eigvalsh(gram).clamp(min=0)
        tail = int((values.cumsum(0) > ridge).sum())
        assert (values / (values + ridge)).sum() <= tail + 1
        rank = math.ceil(tail * (1 + math.log(200 / ridge)))
        for seed in range(draws // 2):
            f = pivots(x, kernel, rank, "tail", seed)
            rest = torch.linalg.matrix_norm(gram - f.T @ f, 2).item()
            high += 1 + rest / ridge > 1 + 2 / delta
    claim("pcg-markov", measured=high / draws)
    assert high / draws <= delta


def test_centres_precondition_as_far_as_they_stand_for_all(claim):
    x, _ = table(1500)
    worst, met = 0.0, 0
    for kernel in (Gaussian(0.5), Laplace(1.0)):
        for ridge in (10.0, 40.0, 100.0):
            s = torch.randperm(1500, generator=stream("falkon", ridge))[:200]
            lower = torch.linalg.cholesky(symmetric_gram(kernel, x[s]) + 1e-10 * eye(200))
            phi = torch.linalg.solve_triangular(lower, kernel(x[s], x), upper=False)
            g, guess = phi @ phi.T + ridge * eye(200), 7.5 * lower.T @ lower + ridge * eye(200)
            half = torch.linalg.inv(torch.linalg.cholesky(g))
            theta = torch.linalg.matrix_norm(half @ (guess - g) @ half.T, 2).item()
            values = torch.linalg.eigvals(torch.linalg.solve(guess, g)).real
            if theta < 1:
                met += 1
                bound = (1 + theta) / (1 - theta)
                worst = max(worst, (values.max() / values.min()).item() / bound)
    claim("falkon-condition", measured=worst)
    assert met >= 4
    assert worst <= 1


def test_random_projections_contract(claim):
    x, y = table(120)
    a = symmetric_gram(Gaussian(0.5), x) + 0.1 * eye(120)
    values, vectors = torch.linalg.eigh(a)
    half = vectors * values.sqrt() @ vectors.T
    start, draw, worst = torch.linalg.solve(a, y), stream("projections"), 0.0
    for block in (5, 20, 60):
        sets = [torch.randperm(120, generator=draw)[:block] for _ in range(1000)]
        bases = [torch.linalg.qr(half[:, s])[0] for s in sets]
        mean = sum(q @ q.T for q in bases) / len(bases)
        rho = torch.linalg.eigvalsh(mean)[0].item()
        ends = []
        for k in range(50):  # runs that draw from these 1,000 sets, whose mean is exact
            e = half @ start
            for j in torch.randint(1000, (20,), generator=stream("runs", block, k)).tolist():
                e = e - bases[j] @ (bases[j].T @ e)
            ends.append((e.norm() / (half @ start).norm()).item() ** 2)
        worst = max(worst, sum(ends) / len(ends) / (1 - rho) ** 20)
    claim("sketch-contraction", measured=worst)
    assert worst <= 1


def test_the_longest_step_is_sharp(claim):
    x, _ = table(200)
    gram = symmetric_gram(Gaussian(0.2), x)
    rule = batch_rule(gram)
    values, vectors = torch.linalg.eigh(gram)
    top = vectors[:, -1] / values[-1].sqrt()  # φ₁ has norm 1 in the kernel's space
    y, worst, after = gram @ top, 0.0, {}
    for batch in (1, 8, 64):
        for times in (1.8, 2.2):
            step, sizes = times * rule.step(batch), []
            for seed in range(2000):
                c, _ = batch_descent(gram, y, rule, batch=batch, step=step, steps=1,
                                     generator=stream("one step", batch, times, seed))  # fmt: skip
                sizes.append(((top - c) @ gram @ (top - c)).item())
            found = torch.tensor(sizes, dtype=F64)
            right = 1 - step * (2 - times) * rule.top
            after[batch, times] = right
            error = (found.mean() - right).abs() / (found.std() / 2000**0.5)
            worst = max(worst, error.item())
    claim("batch-limit", measured=worst)
    assert worst < 4
    assert all((size > 1) == (times > 2) for (_, times), size in after.items())


def needed(gram, y, rule, batch, seed):
    steps = int(5000 * rule.step(1) / rule.step(batch)) + 60
    _, errors = batch_descent(gram, y, rule, batch=batch, step=rule.step(batch), steps=steps,
                              generator=stream("speed-up", batch, seed))  # fmt: skip
    return int((errors < 0.01).nonzero()[0])


@pytest.mark.parametrize("side", ["linear", "saturates"])
def test_batches_save_steps_up_to_the_critical_one(claim, side):
    x, _ = table(600)
    gram = symmetric_gram(Gaussian(0.15), x)
    y = gram @ torch.randn(600, generator=stream("speed-up"), dtype=F64)
    y, rule = y / y.square().mean().sqrt(), batch_rule(gram)
    assert 16 < rule.critical < 32
    batches = (1, 2, 4) if side == "linear" else (256, 512, 1024)
    steps = [[needed(gram, y, rule, m, seed) for m in batches] for seed in range(6)]
    found = slope(batches, steps)
    claim(f"batch-{side}", measured=found.value, low=found.low, high=found.high)
    if side == "linear":
        assert abs(found.value + 1) < 0.1
    else:
        assert found.low > -0.2


def test_descent_is_between_one_and_two_ridges(claim):
    u = torch.logspace(-8, 0, 2000, dtype=F64)
    ratios = [(1 - (1 - u) ** t) * (u + 1 / t) / u for t in (1, 2, 5, 30, 1000, 10**5)]
    low, high = min(r.min().item() for r in ratios), max(r.max().item() for r in ratios)
    claim("filters", measured=high, low=low, high=high)
    assert low >= 1 - 1e-6
    assert high <= 2


def test_conjugate_gradients_need_the_root_of_the_steps(claim):
    """At σ₁/(2t + 1) descent attains its rate up to a constant; conjugate gradients keep theirs."""
    grid = torch.linspace(0, 1, 1001, dtype=F64)[1:]
    worst = 0.0
    for t in (2, 5, 10, 20):
        descent = (grid.sqrt() * (1 - grid) ** t).max().item()
        assert (
            math.sqrt(1 / (math.e * (2 * t + 1))) * 0.999
            <= descent
            <= math.sqrt(1 / (2 * math.e * t))
        )
        for power in (0.0, 0.5, 1.0):
            start, path = grid**power, []
            right = grid * start
            pcg(grid.diag(), right, ridge=1e-14, tolerance=1e-13, most=t,
                keep=lambda state, _, path=path: path.append(state["x"][0]))  # fmt: skip
            error = (grid.sqrt() * (path[-1] * right.norm() - start)).norm()
            worst = max(worst, (error / start.norm()).item() * (2 * t + 1))
    claim("early-root", measured=worst)
    assert worst <= 1


def test_what_textbook_steps_believe_is_not_so(claim):
    x, y = table(1500)
    kernel, ridge = Gaussian(1.0), 1e-3
    gram = symmetric_gram(kernel, x.float())
    f = pivots(x.float(), kernel, 60, "textbook")
    p = torch.linalg.cholesky(f.double().T @ f.double() + ridge * eye(1500))
    c, r, d, rz = torch.zeros_like(y), y.clone(), torch.zeros_like(y), math.inf
    for _ in range(6):
        z = torch.cholesky_solve(r[:, None], p)[:, 0]
        rz, before = r @ z, rz
        d = z + rz / before * d
        product = (gram @ d.float()).double() + ridge * d
        step = rz / (d @ product)
        c, r = c + step * d, r - step * product
    measured = lambda v: ((y - gram.double() @ v - ridge * v).norm() / y.norm()).item()  # noqa: E731
    ours = pcg(gram, y, ridge=ridge, factor=f, tolerance=1e-6)
    ratio = measured(c) / (r.norm() / y.norm()).item()
    claim("rounding", measured="above 1,000")
    assert ratio > 1000
    assert ours.converged
    assert measured(ours.coefficients) < 1e-6


def test_a_half_precision_matrix_is_indefinite(claim):
    x, y = table(1500)
    half = symmetric_gram(Gaussian(1.0), x.float()).half()
    least = torch.linalg.eigvalsh(half.double())[0].item()
    found = pcg(lambda v: half.double() @ v, y, ridge=1e-3, most=2000)
    claim("half-precision", measured=least)
    assert least < -1e-3
    assert not found.converged
    assert "not positive" in found.reason
    with pytest.raises(ValueError, match="may be indefinite"):
        pcg(half, y, ridge=1e-3)
