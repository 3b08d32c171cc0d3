#!/bin/sh
# prdc 0.2: a set compared with itself can have precision, recall and coverage 0.
# Behaviour: a point counts as covered if it is strictly closer than the distance to the k-th
#   neighbour. Where a point is repeated more than k times that distance is 0, and nothing is
#   strictly closer, not even the point itself. Features with few values (binary, rounded, of
#   blank images) repeat like that.
# Seen: 300 points with four binary features against themselves, k = 5: precision, recall,
#   density and coverage 0, where 300 Gaussian points give 1. Fifty points ten times each: 0
#   too, up to rounding in the distances.
# Instead: count points at most as far as the k-th neighbour, or drop repeats.
set -eu
pinned="prdc==0.2 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1"
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
from prdc import compute_prdc

draw = np.random.default_rng(0)
spread = draw.normal(size=(300, 4))
sets = {
    "Gaussian": spread,
    "binary": draw.integers(0, 2, size=(300, 4)).astype(float),
    "ten times each": np.repeat(draw.integers(-9, 9, size=(50, 4)).astype(float), 10, axis=0),
}
seen = {name: compute_prdc(points, points, nearest_k=5) for name, points in sets.items()}
for name, scores in seen.items():
    print(name, {key: float(value) for key, value in scores.items()})
whole = all(abs(seen["Gaussian"][key] - 1) < 1e-12 for key in ("precision", "recall", "coverage"))
nothing = all(value == 0 for name in ("binary", "ten times each") for value in seen[name].values())
raise SystemExit(not (whole and nothing))
END
then
    echo "as found: in prdc 0.2 a set of often repeated points has precision and recall 0 \
against itself."
else
    echo "changed: the scores of a set with repeated points against itself are not what they \
were; the lines above say what they are now."
    exit 1
fi
