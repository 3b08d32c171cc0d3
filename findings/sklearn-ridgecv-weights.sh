#!/bin/sh
# scikit-learn 1.9.1: with weights the leave-one-out errors of RidgeCV are multiplied by the
# weights, and their mean by nothing.
# Behaviour: cv_results_ promises the squared errors of leave-one-out, best_score_ a mean of
#   them. With sample_weight each entry is w_i times the squared error, and the mean divides by
#   the number of points and not by the sum of the weights. The fit, and the penalty chosen,
#   are those of the weighted problem; the number read as an error is in no unit: doubling all
#   weights and all penalties changes no fit and doubles the error.
# Seen: entries over the errors of 30 explicit refits equal to the weights to 1e-13; a score of
#   -2.76 where the weighted mean is -0.96 and the plain one -1.03.
# Instead: divide by the weights, or by their sum.
set -eu
pinned="scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1"
folder=$(mktemp -d)
trap 'trap "" INT TERM; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
"${PYTHON:-python3}" -m venv "$folder/venv"
if ! "$folder/venv/bin/pip" install -q --disable-pip-version-check $pinned >"$folder/pip" 2>&1; then
    tail -n 3 "$folder/pip"
    echo "not run: the pinned packages could not be installed."
    exit 2
fi
cd "$folder"
export TMPDIR="$folder" # for what libraries write on their own
if OMP_NUM_THREADS=1 venv/bin/python -I -W ignore - <<'END'
import numpy as np
from sklearn.linear_model import Ridge, RidgeCV

draw = np.random.default_rng(0)
X = draw.normal(size=(30, 4))
y = X @ draw.normal(size=4) + draw.normal(size=30)
w = draw.uniform(0.1, 5, 30)
penalties = np.array([0.1, 1.0, 10.0])


def left_out(i, penalty):
    keep = np.arange(30) != i
    fit = Ridge(penalty, fit_intercept=False).fit(X[keep], y[keep], sample_weight=w[keep])
    return (y[i] - fit.predict(X[i : i + 1])[0]) ** 2


def fitted(factor):
    model = RidgeCV(factor * penalties, store_cv_results=True, fit_intercept=False)
    return model.fit(X, y, sample_weight=factor * w)


errors = np.array([[left_out(i, p) for p in penalties] for i in range(30)])
once, twice = fitted(1), fitted(2)
ratio = once.cv_results_ / errors
column = list(penalties).index(once.alpha_)
mean, plain = np.average(errors[:, column], weights=w), errors[:, column].mean()
off = np.abs(ratio / w[:, None] - 1).max()
print(f"cv_results_ over explicit errors is the weight, to {off:.0e}")
print(f"best_score_ {once.best_score_:.3f}; weighted mean {-mean:.3f}, plain mean {-plain:.3f}")
apart = np.abs(once.coef_ - twice.coef_).max()
print(f"weights and penalties doubled: {twice.best_score_:.3f}, coefficients {apart:.0e} apart")
weighted = np.allclose(ratio, w[:, None]) and np.allclose(once.coef_, twice.coef_)
raise SystemExit(not (weighted and np.isclose(twice.best_score_, 2 * once.best_score_)))
END
then
    echo "as found: in scikit-learn 1.9.1 the errors that RidgeCV reports are scaled with the \
weights, and double when all weights and penalties do."
else
    echo "changed: the leave-one-out errors of RidgeCV with weights are not what they were; \
the lines above say what they are now."
    exit 1
fi
