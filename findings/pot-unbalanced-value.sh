#!/bin/sh
# POT 0.9.7.post1: the value of an unbalanced transport problem is zero for every pair of
# clouds.
# Behaviour: ot.solve promises in .value the optimal value of the problem. With a regulariser
#   and unbalanced_type="KL" its divergences leave out the masses, sum p log(p/q) for sum p
#   log(p/q) - p + q; multiply the condition for the optimum by the plan and sum, and this
#   total is zero at every optimum. What is returned is the residual of the iteration. The plan
#   and .value_linear are right, and without the regulariser .value is too.
# Seen: for clouds of 20 and 30 points that are 0, 1 and 5 apart, values of 7e-10, 5e-10 and
#   3e-9, where the objective at the plan that was returned is 0.6, 1.0 and 17.
# Instead: compute the objective from .plan.
set -eu
pinned="POT==0.9.7.post1 numpy==2.4.6 scipy==1.17.1"
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
import ot


def kl(p, q):
    p, q = p.ravel(), q.ravel()
    return np.sum(np.where(p > 0, p * np.log(np.maximum(p, 1e-300) / q), 0.0) - p + q)


def total(plan, cost, reg, marginals):
    off = kl(plan.sum(1), a) + kl(plan.sum(0), b)
    return np.sum(plan * cost) + reg * kl(plan, np.outer(a, b)) + marginals * off


draw = np.random.default_rng(0)
x, y = draw.normal(size=(20, 2)), draw.normal(size=(30, 2))
a, b = np.full(20, 1 / 20), np.full(30, 1 / 30)
found = True
for shift, marginals in ((0, 1.0), (1, 1.0), (5, 10.0)):
    cost = ot.dist(x, y + shift)
    result = ot.solve(cost, a, b, reg=0.1, unbalanced=marginals, unbalanced_type="KL")
    free = ot.solve(cost, a, b, unbalanced=marginals, unbalanced_type="KL")
    objective = total(result.plan, cost, 0.1, marginals)
    alike = abs(free.value / total(free.plan, cost, 0.0, marginals) - 1)
    print(f"{shift} apart: value {result.value:.1e}, objective at the plan {objective:.4f};")
    print(f"    without regulariser {free.value:.4f}, off its objective by {alike:.0e}")
    found = found and abs(result.value) < 1e-6 and objective > 0.1 and alike < 1e-3
raise SystemExit(not found)
END
then
    echo "as found: in POT 0.9.7.post1 the value of a regularised problem with KL marginals is \
zero for near and far clouds alike."
else
    echo "changed: the value of an unbalanced problem is not what it was; the lines above say \
what it is now."
    exit 1
fi
