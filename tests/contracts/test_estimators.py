"""What every `fit_*` and its predictor promise."""

import pytest
import torch

import ldyn.kernels
import ldyn.nets
import ldyn.piecewise


def test_no_estimator_is_missing_from_the_list(estimators):
    rooms = (ldyn.piecewise, ldyn.kernels, ldyn.nets)
    public = {name for room in rooms for name in room.__all__ if name.startswith("fit_")}
    assert public == set(estimators)


class TestPredictor:
    def test_one_value_a_point(self, estimator, dim, data):
        predictor = estimator(*data(30, dim))
        for m in (1, 7):
            values = predictor(data(m, dim, name="new")[0])
            assert values.shape == (m,)
            assert values.isfinite().all()

    @pytest.mark.parametrize("fitted", [torch.float32, torch.float64])
    @pytest.mark.parametrize("asked", [torch.float32, torch.float64])
    def test_dtype_follows_the_points(self, estimator, dim, fitted, asked, data):
        x, y = data(30, dim, fitted)
        assert estimator(x, y)(x.to(asked)).dtype == asked

    def test_single_precision_is_close_to_double(self, estimator, dim, data):
        x, y = data(30, dim, torch.float32)
        single, double = estimator(x, y)(x), estimator(x.double(), y.double())(x.double())
        # methods that cut may cut elsewhere at a point or two, never everywhere
        close = (single.double() - double).abs() < 1e-2
        assert close.double().mean() > 0.9

    def test_the_fit_is_reproducible_and_leaves_its_data_alone(self, estimator, dim, data):
        x, y = data(30, dim)
        before = x.clone(), y.clone()
        one, two = estimator(x, y)(x), estimator(x, y)(x)
        assert torch.equal(one, two)
        assert torch.equal(x, before[0])
        assert torch.equal(y, before[1])

    def test_another_default_device_changes_nothing(self, estimator, dim, data):
        x, y = data(30, dim)
        plain = estimator(x, y)(x)
        with torch.device("meta"):
            again = estimator(x, y)(x)
        assert torch.equal(plain, again)

    def test_each_point_is_answered_alone(self, estimator, dim, data):
        predictor = estimator(*data(30, dim))
        z = data(9, dim, name="new")[0]
        together = predictor(z)
        alone = torch.cat([predictor(p[None]) for p in z])
        torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)

    def test_points_of_another_dimension_are_refused(self, estimator, dim, data):
        predictor = estimator(*data(30, dim))
        for z in (data(5, dim + 1)[0], data(5, dim)[0][:, 0], data(5, dim)[0][:0]):
            with pytest.raises(ValueError, match=r"columns|non-empty|expected|of shape"):
                predictor(z)
        with pytest.raises(ValueError, match="finite"):
            predictor(data(5, dim)[0] / 0)
