#!/bin/sh
# cdt 0.6.0: the pairwise GNN, its CGNN for two columns, ignores its hidden units and its rate.
# Behaviour: GNN(nh=…, lr=…) takes the number of hidden units and Adam's rate, keeps both and
#   passes neither on to the network that it trains: all have 20 units and the rate 0.01.
# Seen: with one seed GNN(nh=2, lr=0.01) and GNN(nh=200, lr=0.5) give one pair the same score,
#   to the last digit; so did every setting that was tried. A study of the width with this
#   class would find that the width does not matter.
# Instead: GNN_instance(data, nh=…, lr=…) of the same module takes both.
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
import torch
from cdt.causality.pairwise import GNN

draw = np.random.default_rng(0)
x = draw.normal(size=100)
y = x**2 + 0.4 * draw.normal(size=100)
answers = []
for nh, lr in ((2, 0.01), (20, 0.01), (200, 0.5)):
    torch.manual_seed(0)
    model = GNN(nh=nh, lr=lr, nruns=1, train_epochs=20, test_epochs=5, verbose=False)
    answers.append(float(model.predict_proba((x, y))))
    print(f"{nh} hidden units, rate {lr}: score {answers[-1]:.6f}")
raise SystemExit(not (len(set(answers)) == 1 and answers[0] != 0))
END
then
    echo "as found: the pairwise GNN of cdt 0.6.0 gives the same score whatever its hidden units \
and its rate."
else
    echo "changed: the settings of cdt's GNN now matter; the lines above show how."
    exit 1
fi
