#!/bin/sh
# cdt 0.6.0: load_dataset("tuebingen", shuffle=True) does not shuffle.
# Behaviour: the documentation says that the option exchanges the columns of pairs at random,
#   with their labels. load_dataset drops what it is given beside the name, so that every label
#   is 1: the first column is the cause, for all 99 pairs.
# Seen: 99 labels, all 1. A method that always answers "the first" is right on all of them.
# Instead: exchange columns oneself.
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
from cdt.data import load_dataset

_, labels = load_dataset("tuebingen", shuffle=True)
values = sorted(set(labels.iloc[:, 0]))
print(f"{len(labels)} pairs, labels {values}")
raise SystemExit(not (values == [1.0]))
END
then
    echo "as found: asked to shuffle, cdt 0.6.0 leaves the cause in the first column of every \
pair."
else
    echo "changed: cdt shuffles the pairs now."
    exit 1
fi
