#!/bin/sh
# cdt 0.6.0 with scikit-learn 1.9.1: the additive-noise method answers with rounding noise.
# Behaviour: ANM scores both directions of a pair and answers with their difference; positive
#   means that the first column causes the second. With a current scikit-learn a Gaussian
#   process that was fitted to one column predicts a vector and no longer a column, the
#   residual of n points becomes an n x n table, and both directions get the same score up to
#   the last digit.
# Seen: on 20 pairs y = f(x) + noise of 100 points, with x uniform and f bent, all answers are
#   below 1e-13 in size: 9 say x causes y, 4 the reverse, 7 are 0.
# Instead: another implementation, or a residual of the right shape.
set -eu
pinned="torch==2.13.0 numpy==2.4.6 cdt==0.6.0 scikit-learn==1.9.1 scipy==1.17.1"
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
from cdt.causality.pairwise import ANM

answers, scores = [], []
for seed in range(20):
    draw = np.random.default_rng(seed)
    x = draw.uniform(-2, 2, 100)
    y = np.tanh(2 * x) + x**3 / 4 + 0.2 * draw.normal(size=100)
    answers.append(float(ANM().predict_proba((x, y))))
    scores.append(float(ANM().anm_score(x[:, None], y[:, None])))
print(f"scores of one direction from {min(scores):.2f} to {max(scores):.2f}")
print(f"answers (their differences) from {min(answers):.1e} to {max(answers):.1e}")
right, wrong = sum(a > 0 for a in answers), sum(a < 0 for a in answers)
print(f"of 20 answers {right} say that x causes y, {wrong} the reverse, the others nothing")
raise SystemExit(not (max(map(abs, answers)) < 1e-10 and min(scores) > 1))
END
then
    echo "as found: with scikit-learn 1.9.1 the ANM of cdt 0.6.0 gives both directions the \
same score, and its answer is rounding."
else
    echo "changed: the additive-noise method of cdt is not what it was; the lines above say \
what it answers now."
    exit 1
fi
