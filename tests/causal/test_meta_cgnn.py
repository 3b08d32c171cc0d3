"""Meta-CGNN: its parts against their definitions, its score, its training and resuming."""

import pytest
import torch

from ldyn.causal import (
    MetaCGNN,
    MetaTraining,
    fit_meta_cgnn,
    meta_training,
    sample_pairs,
    sample_tasks,
)
from ldyn.causal.meta_cgnn import (
    GAMMAS,
    RIDGE,
    generate,
    initial_parts,
    joint_frequencies,
    joint_mmd,
    task_summary,
)
from ldyn.core import stream
from ldyn.data.laws import rows_standardised


def untrained(encoder="deepsets", film=True, seed=0):
    return MetaCGNN(parts=initial_parts(encoder, film, seed))


def columns(n, name="columns"):
    x = torch.randn(n, generator=stream(name, n), dtype=torch.float64)
    return x, x.square() + torch.randn(n, generator=stream(name, n, 2), dtype=torch.float64)


def double(parts):
    return {name: [p.double() for p in ps] for name, ps in parts.items()}


def kernel_mmd(z, w):
    """The biased squared MMD of two samples with CGNN's kernel, by its definition."""

    def mean(a, b):
        return sum((-g * torch.cdist(a, b).square()).exp().mean() for g in GAMMAS)

    return mean(z, z) + mean(w, w) - 2 * mean(z, w)


def test_the_cost_is_an_unbiased_estimate_of_the_kernel_mmd():
    parts = double(initial_parts("deepsets", True, 0))
    pair = torch.stack(sample_pairs("net", 1, 30, seed=0))
    x, y = rows_standardised(pair)
    noises = torch.tensor([-1.0, 0.3, 1.2], dtype=torch.float64)
    summary = task_summary(parts, x, y)
    made = torch.cat([generate(parts, summary, x, e)[0] for e in noises])
    exact = kernel_mmd(torch.stack([x[0], y[0]], 1), torch.stack([x[0].repeat(3), made], 1))
    draw = stream("frequencies")
    waves = lambda: joint_frequencies(40, draw=draw).double()  # noqa: E731
    found = torch.cat([joint_mmd(parts, x, y, noises, waves()) for _ in range(200)])
    assert abs(found.mean() - exact) < 6 * found.std() / 200**0.5
    assert found.std() < exact / 2


@pytest.mark.parametrize("film", [True, False])
def test_effects_are_made_as_defined(film):
    parts = double(initial_parts("deepsets", film, 0))
    x, e = columns(5)
    summary = torch.randn(1, 64, generator=stream("s"), dtype=torch.float64)
    found = generate(parts, summary, x[None], e[None])[0]
    a, b = (p[0] for p in parts["film"])
    modulation = (summary @ a + b)[0]
    for j in range(5):
        u = torch.stack([x[j], e[j]])
        for layer, name in enumerate(("layer1", "layer2")):
            u = u @ parts[name][0][0] + parts[name][1][0, 0]
            if film:
                gamma, beta = modulation[128 * layer :][:64], modulation[128 * layer + 64 :][:64]
                u = (1 + gamma) * u + beta
            elif layer == 0:
                u = u + modulation
            u = u.clamp(min=0)
        y = u @ parts["out"][0][0, :, 0] + parts["out"][1][0, 0, 0]
        torch.testing.assert_close(found[j], y)


def test_the_mean_embedding_is_the_operator_of_the_sample():
    """Φ_y (K + nλ I)⁻¹ Φ_xᵀ of the n × n form equals what is summarised."""
    parts = double(initial_parts("cme", True, 0))
    x, y = (c - c.mean() for c in columns(12))
    waves, phase = parts["fixed"]
    phi_x, phi_y = ((c[:, None] * waves + phase).cos() * (2 / 24) ** 0.5 for c in (x, y))
    gram = phi_x @ phi_x.T + 12 * RIDGE * torch.eye(12, dtype=torch.float64)
    operator = (phi_y.T @ torch.linalg.solve(gram, phi_x)).T
    pooled = torch.cat([operator.flatten(), phi_x.mean(0)])
    a, b, c, d = (p[0] for p in parts["task"])
    expected = torch.relu(pooled @ a + b) @ c + d
    torch.testing.assert_close(task_summary(parts, x[None], y[None]), expected)


@pytest.mark.parametrize("encoder", ["deepsets", "cme"])
def test_summaries_know_the_sample_and_not_its_order(encoder):
    parts = double(initial_parts(encoder, True, 0))
    x, y = columns(40)
    order = torch.randperm(40, generator=stream("order"))
    one = task_summary(parts, x[None], y[None])
    torch.testing.assert_close(task_summary(parts, x[order][None], y[order][None]), one)
    twice = task_summary(parts, torch.cat([x, x])[None], torch.cat([y, y])[None])
    torch.testing.assert_close(twice, one)  # means, not sums: each row stands twice
    assert not torch.allclose(task_summary(parts, y[None], x[None]), one)
    assert task_summary(double(initial_parts("none", True, 0)), x[None], y[None]) is None


@pytest.mark.parametrize("encoder", ["deepsets", "cme", "none"])
@pytest.mark.parametrize("n", [10, 300, 3000])
def test_scores_flip_their_sign_exactly_and_see_no_unit(encoder, n):
    net, (x, y) = untrained(encoder), columns(n)
    score = net.score(x, y)
    assert score == -net.score(y, x) != 0
    assert -1 < score < 1
    assert net.score(1000 * x - 7, 0.01 * y + 5) == pytest.approx(score, abs=1e-5)
    assert net.score(x.float(), y.float()) == pytest.approx(score, abs=1e-4)
    tied = x.round()
    assert net.score(tied, y) == -net.score(y, tied)


def test_stacks_of_pairs_have_the_scores_of_single_ones_and_flip_exactly():
    net = untrained()
    x, y = sample_tasks("wide", 20, 60, seed=0)
    together = net.scores(x, y)
    assert torch.equal(together, -net.scores(y, x))
    alone = torch.tensor([net.score(a, b) for a, b in zip(x, y, strict=True)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_the_constant_generator_compares_with_a_point():
    x, y = sample_tasks("narrow", 4, 50, seed=0)
    costs = untrained().constant().costs(x, y)
    x, y = (rows_standardised(c).float() for c in (x, y))
    omega = joint_frequencies(16, draw=stream("decision"))
    for t in range(4):
        wave = torch.exp(1j * (omega[:, :1] * x[t] + omega[:, 1:] * y[t]))
        point = torch.exp(1j * omega[:, :1] * x[t])
        exact = len(GAMMAS) * (wave.mean(1) - point.mean(1)).abs().square().mean()
        torch.testing.assert_close(costs[t], exact, rtol=1e-4, atol=1e-6)


def test_the_marginal_decision_sees_effects_alone():
    """Causes in another order, their joint law destroyed: the blind cost of ŷ = 0 stays."""
    net = untrained("none").constant()
    x, y = (c[None] for c in columns(80))
    other = x.flip(1)
    blind = MetaCGNN(parts=net.parts, marginal=True)
    torch.testing.assert_close(blind.costs(x, y), blind.costs(other, y))
    assert (net.costs(x, y) - net.costs(other, y)).abs() > 1e-3
    assert blind.costs(x, y) > 1e-2


SMALL = {"tasks": 40, "points": 60, "batch": 4}


def test_training_makes_likelier_effects_and_keeps_what_was_asked():
    training = MetaTraining(prior="multi", encoder="cme", steps=150, looks=(0, 50), **SMALL)
    nets = fit_meta_cgnn(training, seed=0)
    assert len(nets) == 3
    fresh = sample_tasks("multi", 40, 60, seed="fresh")
    start, _, end = (net.costs(*fresh).mean() for net in nets)
    assert end < 0.7 * start
    assert torch.equal(nets[0].costs(*fresh), untrained("cme").costs(*fresh))
    (further,) = fit_meta_cgnn(
        MetaTraining(prior="multi", encoder="cme", steps=0, **SMALL), seed=1, start=nets[-1]
    )
    assert torch.equal(further.costs(*fresh), nets[-1].costs(*fresh))


def test_deciding_is_learnt_when_it_is_the_goal_and_labels_matter():
    training = MetaTraining(
        prior="an", encoder="cme", goal="decide", steps=150, tasks=60, points=60, batch=8
    )
    fresh = sample_tasks("an", 60, 60, seed="fresh")
    (net,) = fit_meta_cgnn(training, seed=0)
    assert (net.scores(*fresh) > 0).double().mean() > 0.8
    turned = [
        meta_training._batch(
            torch.stack(sample_tasks("an", 1, 60, seed=0)).float(),
            MetaTraining(labelled=known, points=60, batch=100),
            stream("coin"),
        )
        for known in (True, False)
    ]
    rows = [len({round(v, 4) for v in cause[:, 0].tolist()}) for cause, _ in turned]
    assert rows == [1, 2]  # without labels a task comes in both orders


def test_a_killed_training_goes_on_to_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(meta_training, "SAVE_EVERY", 10)
    training = MetaTraining(encoder="cme", steps=34, looks=(5, 20), **SMALL)
    whole = fit_meta_cgnn(training, seed=3)
    path, advance, calls = tmp_path / "state.pt", meta_training._advance, []

    def killed(*arguments):
        calls.append(arguments[3])
        if len(calls) == 28:
            raise KeyboardInterrupt
        advance(*arguments)

    monkeypatch.setattr(meta_training, "_advance", killed)
    with pytest.raises(KeyboardInterrupt):
        fit_meta_cgnn(training, seed=3, checkpoint=path)
    resumed = fit_meta_cgnn(training, seed=3, checkpoint=path)
    assert calls[28] == 20  # from the last state written
    assert len(resumed) == len(whole) == 3
    for a, b in zip(whole, resumed, strict=True):
        for name, tensors in a.parts.items():
            assert all(torch.equal(p, q) for p, q in zip(tensors, b.parts[name], strict=True))
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]


def test_bad_arguments_are_refused():
    x, y = columns(20)
    with pytest.raises(ValueError, match="x is constant"):
        untrained().score(torch.ones(20), y)
    with pytest.raises(ValueError, match="at least 10 rows"):
        untrained().score(x[:9], y[:9])
    with pytest.raises(ValueError, match="encoder must be one of 'deepsets', 'cme', 'none'"):
        fit_meta_cgnn(MetaTraining(encoder="rnn", **SMALL), seed=0)
    with pytest.raises(ValueError, match="goal must be one of 'generate', 'decide'"):
        MetaTraining(goal="win")
    with pytest.raises(ValueError, match="points must be an integer >= 40"):
        MetaTraining(points=20)
    with pytest.raises(ValueError, match="steps must be an integer >= 0"):
        MetaTraining(steps=-1)
    with pytest.raises(ValueError, match="rate must be a finite number > 0"):
        MetaTraining(rate=0.0)
    with pytest.raises(ValueError, match="prior must be one of"):
        fit_meta_cgnn(MetaTraining(prior="vast", **SMALL), seed=0)
