"""Ridge regression from totals: against the textbook's formulas on all rows at once."""

import numpy as np
import pytest
import torch

from ldyn.core import stream
from ldyn.lowcost import FeatureRidge, FeatureRidgeClassifier, NormalEquations, kept, ridge_fit


def direct(phi, y, penalty, w=None):
    """Weighted ridge with an unpenalised intercept, by least squares on stacked rows; and H."""
    w = torch.ones(len(y), dtype=y.dtype) if w is None else w
    design = torch.cat([phi, torch.ones_like(phi[:, :1])], 1)
    root = w.sqrt()[:, None]
    shrink = penalty * torch.eye(design.shape[1], dtype=y.dtype)
    shrink[-1, -1] = 0
    inverse = torch.linalg.inv(design.T @ (w[:, None] * design) + shrink)
    solution = inverse @ (design.T @ (w[:, None] * y))
    return design @ solution, (root * design) @ inverse @ (root * design).T


@pytest.fixture
def model(features):
    return FeatureRidge(features(30, 3))


def same(a, b, tolerance=1e-10):
    assert (a - b).norm() <= tolerance * b.norm()


@pytest.mark.parametrize("weighted", [False, True])
def test_predictions_gcv_and_leave_one_out_are_those_of_the_hat_matrix(
    features, rows, model, weighted
):
    x, y = rows(200, 3, 2, mean=5.0)
    w = torch.rand(200, generator=stream("weights"), dtype=y.dtype) + 0.1 if weighted else None
    model.penalty = 0.01
    model.fit(x, y, w)
    fitted, hat = direct(model.features.transform(x), y, 0.01, w)
    same(model.predict(x), fitted)
    weight = torch.ones(200, dtype=y.dtype) if w is None else w
    gap = (weight[:, None] * (y - fitted).square()).sum() / weight.sum()
    same(model.fit_.gcv[0], gap / (1 - hat.trace() / 200) ** 2, 1e-9)
    assert model.fit_.effective == pytest.approx(hat.trace().item(), rel=1e-10)
    left = (y - fitted) / (1 - hat.diagonal())[:, None]
    same(model.fit_.loo[0], (weight[:, None] * left.square()).sum() / weight.sum())


def test_the_chosen_penalty_is_nearly_the_best(features, rows, monkeypatch):
    """GCV, leave-one-out of all rows, and GCV with what 64 rows say of it; their plain mean, which
    is what they would give if they were all rows, misses the flat minimum.
    """
    excess = {"gcv": [], "loo": [], "sample": [], "kept": []}
    for seed in range(6):
        x, y = rows(4000, 3, seed=seed)
        fresh, truth = (t.squeeze() for t in rows(4000, 3, seed=seed + 100))
        model = FeatureRidge(features(60, 3, 0.5, seed)).fit(x, y[:, 0])
        scores = {"gcv": model.fit_.gcv[::4], "loo": model.fit_.loo[::4]}
        monkeypatch.setattr(kept, "LIMIT", 64)
        few = model.totals_.copy()
        monkeypatch.undo()
        scores["kept"] = ridge_fit(few).loo[::4]
        few.rows = 64
        scores["sample"] = ridge_fit(few).loo[::4]
        ats = [
            FeatureRidge(model.features, penalty=penalty).merge(model)
            for penalty in model.fit_.penalties[::4].tolist()
        ]
        risk = torch.stack([(at.predict(fresh) - truth).square().mean() for at in ats])
        for name, score in scores.items():
            excess[name].append(risk[int(score.argmin())] / risk.min() - 1)
    mean = {name: torch.stack(found).mean().item() for name, found in excess.items()}
    assert max(mean["gcv"], mean["kept"]) <= 0.01, mean
    assert mean["gcv"] <= 1.5 * mean["loo"] + 1e-4
    assert 10 * max(mean["gcv"], mean["kept"]) <= mean["sample"], mean


def test_streams_merges_and_forgetting_end_in_the_same_model(features, rows, model):
    x, y = rows(900)
    once = FeatureRidge(model.features).fit(x, y[:, 0])
    for start in range(0, 600, 150):
        model.partial_fit(x[start : start + 150], y[start : start + 150, 0])
    other = FeatureRidge(model.features).fit(x[600:], y[600:, 0])
    assert model.merge(other).penalty_ == pytest.approx(once.penalty_, rel=1e-9)
    once.penalty = model.penalty = 1e-3
    for seen in (once, model):
        del seen.fit_
    same(model.coef_, once.coef_)
    model.forget(x[200:700], y[200:700, 0])
    keep = torch.cat([torch.arange(200), torch.arange(700, 900)])
    never = FeatureRidge(model.features, penalty=1e-3).fit(x[keep], y[keep, 0])
    same(model.predict(x), never.predict(x))
    assert model.fit_.rows == never.fit_.rows == 400


def test_a_weight_of_two_is_a_row_twice_and_zero_is_none(features, rows, model):
    x, y = rows(60)
    w = torch.tensor([0.0, 1.0, 2.0]).repeat(20)
    model.penalty = 0.1
    twice = FeatureRidge(model.features, penalty=0.1).fit(
        x.repeat_interleave(w.int(), 0), y.repeat_interleave(w.int(), 0)
    )
    same(model.fit(x, y, w).predict(x), twice.predict(x))


def test_single_precision_predicts_as_double_does_at_the_floor(features, rows):
    """At the smallest ridge it allows itself, float32 blocks cost less than 1 % of the error."""
    x, y = rows(20_000)
    fresh, truth = rows(5_000, seed=1)
    for count in (50, 200):
        f = features(count, 3)
        single = FeatureRidge(f).fit(x.float(), y.float())
        floor = single.fit_.penalties[0].item()
        risks = [
            (FeatureRidge(f, penalty=floor).merge(totals).predict(fresh.to(t)) - truth.squeeze())
            .square()
            .mean()
            for totals, t in (
                (single.totals_, torch.float32),
                (FeatureRidge(f).fit(x, y).totals_, torch.float64),
            )
        ]
        assert risks[0] <= 1.01 * risks[1]


def test_more_features_than_rows_and_constant_answers(features, rows):
    x, y = rows(20)
    model = FeatureRidge(features(60, 3)).fit(x, y)
    assert model.predict(x).isfinite().all()
    assert model.fit_.effective < 20
    flat = FeatureRidge(features(60, 3)).fit(x, torch.full((20,), 3.0))
    torch.testing.assert_close(flat.predict(x), torch.full((20,), 3.0, dtype=x.dtype))


def test_arrays_answer_in_arrays_and_features_are_fitted_once(features, rows):
    class Scaled(features):
        def fit(self, x):
            self.scale_ = x.std(0)
            return self

        def transform(self, x):
            return super().transform(x / self.scale_.to(x))

    x, y = (t.numpy() for t in rows(100))
    model = FeatureRidge(Scaled(20, 3))
    values = model.partial_fit(x[:50], y[:50, 0]).partial_fit(x[50:], y[50:, 0]).predict(x)
    assert isinstance(values, np.ndarray)
    assert values.shape == (100,)
    assert not hasattr(model.features, "scale_")
    torch.testing.assert_close(model.features_.scale_, torch.from_numpy(x[:50]).std(0))
    assert FeatureRidge(model.features_).fit(x, y).features_ is model.features_


def test_what_was_saved_goes_on(features, rows, model, tmp_path):
    x, y = rows(300)
    model.fit(x[:200], y[:200, 0]).save(tmp_path / "model")
    again = FeatureRidge(model.features).load(tmp_path / "model")
    assert torch.equal(again.predict(x), model.predict(x))
    again.partial_fit(x[200:], y[200:, 0])
    same(again.coef_, FeatureRidge(model.features).fit(x, y).coef_)
    FeatureRidge(model.features).merge(again.totals_).save(tmp_path / "bare")
    bare = FeatureRidge(model.features).load(tmp_path / "bare").merge(model)
    assert bare.fit_.rows == 500
    with pytest.raises(ValueError, match="same features"):
        FeatureRidge(features(30, 3, seed=1)).load(tmp_path / "model")


def test_refusals_say_what_to_try(features, rows, model):
    x, y = rows(20)
    other = FeatureRidge(features(30, 3, seed=1)).fit(x, y)
    refused = [
        ("is not fitted", lambda: model.predict(x)),
        ("is not fitted", lambda: model.forget(x, y)),
        ("one row each", lambda: model.fit(x, y[:10])),
        ("y contains NaN or infinity", lambda: model.fit(x, y * float("inf"))),
        ("at least 2 rows", lambda: ridge_fit(NormalEquations.empty(3))),
        ("same features", lambda: FeatureRidge(model.features).fit(x, y).merge(other)),
        ('must be "loo", "gcv" or', lambda: FeatureRidge(model.features, penalty="aic")
         .fit(x, y).coef_),
        ("above the rounding", lambda: FeatureRidge(model.features, penalty=1e-9)
         .fit(x.float(), y).coef_),
        ("finite number > 0", lambda: FeatureRidge(model.features, penalty=-1.0).fit(x, y).coef_),
        ("finite number > 0", lambda: FeatureRidge(model.features, penalty=float("nan")).fit(x, y)),
        ("other must be", lambda: FeatureRidge(model.features).merge(3.0)),
    ]  # fmt: skip
    for says, act in refused:
        with pytest.raises(ValueError, match=says):
            act()


def test_classes_are_the_largest_of_one_hot_answers(features, rows):
    x = rows(600)[0]
    labels = np.array(["far", "mid", "near"])[(3 * x[:, 0]).long()]
    model = FeatureRidgeClassifier(features(60, 3))
    model.partial_fit(x[:50], labels[:50]).partial_fit(x[50:400], labels[50:400])
    one_hot = torch.from_numpy(labels[:, None] == model.classes_).double()
    answers = FeatureRidge(model.features).fit(x[:400], one_hot[:400]).predict(x)
    assert (model.predict(x) == model.classes_[answers.argmax(1)]).all()
    assert (model.predict(x[400:]) == labels[400:]).mean() > 0.9
    with pytest.raises(ValueError, match="labels must be among"):
        model.partial_fit(x[:3], np.array(["far", "near", "gone"]))
    two = FeatureRidgeClassifier(features(60, 3)).fit(x, (x[:, 0] > 0.5).int())
    assert (two.predict(x) == (x[:, 0] > 0.5)).double().mean() > 0.95
