"""The training of direction's networks and its scores: their cells, and one small run of each."""

import pytest
import torch

from ldyn.causal import AntisymmetricNets, normal_scores, pair_features, sample_pairs
from ldyn.studies.causal import baselines, direction_attempts, direction_model, direction_scores


def test_the_cells_are_seeds_and_sets():
    assert len({c.seed for c in direction_model.cells("laptop")}) == direction_scores.SEEDS
    cells = direction_scores.cells("laptop")
    assert {c.pairs for c in cells} == set(direction_scores.SETS)
    assert {(c.rows, c.margins) for c in cells} == {
        (c.rows, c.margins) for c in baselines.cells("laptop")
    }


@pytest.fixture
def trained(tmp_path, monkeypatch):
    monkeypatch.setattr(direction_model, "SIZES", (25, 40))
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    (cell,) = direction_model.cells("smoke")
    return cell, direction_model.run(cell), tmp_path / "causal" / "direction-small-0.npz"


def test_a_training_gives_the_same_file_twice_and_judges_what_it_keeps(trained):
    cell, found, path = trained
    first = path.read_bytes()
    assert direction_model.run(cell) == found
    assert path.read_bytes() == first
    nets = AntisymmetricNets.load(path)
    assert nets.temperature == found["temperature"]
    assert sum(found["answers"]) >= sum(found["right"]) > 0
    views = direction_model.task_views(10, f"judge {cell.seed}")
    right = nets.scores(*views[0]).mean(0) > 0
    assert found["accuracy_plain"] == pytest.approx(right.double().mean().item(), abs=0.03)


def test_views_of_the_same_tasks_share_their_ranks():
    plain, blind, matched = direction_model.task_views(3, "views")
    half = (plain[0].shape[1] - 4) // 2
    for p, b, m in zip(plain, blind, matched, strict=True):
        assert p.isfinite().all()
        assert torch.equal(b[:, :half], b[:, half:-4])
        assert torch.equal(b[:, half:], p[:, half:])
        untied = (p[:, -4] == 1) & (p[:, -3] == 1)
        assert torch.allclose(m[untied, half:], p[untied, half:], atol=1e-3)


def test_a_small_run_leaves_the_networks_in_use_alone(trained):
    *_, path = trained
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_scores_of_pairs_are_those_of_each_alone(trained):
    *_, path = trained
    path.rename(path.with_name("direction-0.npz"))
    (cell,) = {c.pairs: c for c in direction_scores.cells("smoke")}.values()
    pairs = list(direction_scores._pairs("multi")[:3]) + list(direction_scores._pairs("net")[:2])
    pairs[1] = baselines.small_sample(pairs[1], 40, 0).swapped()
    together = direction_scores.support(pairs)
    for j, pair in enumerate(pairs):
        alone = direction_scores.support([pair])
        for one, other in zip(together, alone, strict=True):
            assert torch.allclose(one[:, j], other[:, 0], atol=1e-8)
    assert cell.pairs == "SIM"


def test_an_attempt_with_windows_sees_nothing_else():
    """Neither another law of the columns nor anything but windows changes what it sees."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(1, 80, generator=g, dtype=torch.float64)
    y = x.square() + torch.randn(1, 80, generator=g, dtype=torch.float64)
    seen = [direction_attempts._seen(f, "windows") for f in pair_features(x, y)]
    ranks = [normal_scores(c[0])[None] for c in (x, y)]
    for one, other, exact in zip(
        seen, pair_features(x.exp(), y**3), pair_features(*ranks), strict=True
    ):
        assert torch.allclose(one, direction_attempts._seen(other, "windows"), atol=1e-9)
        kept = one[0].nonzero()[:, 0]
        assert torch.allclose(one[0, kept], exact[0, kept], atol=1e-9)
        assert 12 <= len(kept) <= 20


@pytest.mark.parametrize("arm", ["windows", "coarse"])
def test_an_attempt_has_an_answer_for_each_pair(arm, monkeypatch):
    monkeypatch.setattr(direction_model, "SIZES", (25, 40))
    (cell,) = [c for c in direction_attempts.cells("smoke") if c.arm == arm]
    x, y = (c.float().split(1) for c in sample_pairs("anm", 9, 40, seed="attempt"))
    pairs = [pair_features(*pair) for pair in zip(x, y, strict=True)]
    monkeypatch.setattr(direction_attempts, "_pairs", lambda name: (pairs, torch.ones(9).double()))
    found = direction_attempts.run(cell)
    assert {len(found[f"{name} right"]) for name in direction_attempts.SETS} == {9}
    assert {len(v) for k, v in found.items() if "larger" in k} == {116}


def test_more_columns_are_coarse_in_the_coarse_arm():
    ties = []
    for rounded in (0.0, 0.6):
        tasks = direction_model._tasks(300, 100, "coarse", rounded)
        distinct = torch.tensor([len(row.unique()) for x, _ in tasks for row in x])
        ties.append((distinct < 80).double().mean().item())
    assert ties[0] < 0.35
    assert ties[1] > 0.55
