#!/bin/sh
# torch 2.13.0: the distance between two points changes, down to 0, when a 26th point joins the
# list.
# Behaviour: from 26 rows on torch.cdist multiplies matrices, as its manual says; what the
#   manual does not say is what this costs: |a|^2 - 2 a.b + |b|^2 cancels, and in float32 close
#   points of ordinary size fall together.
# Seen: two points near (10, 10) that are 0.00141 apart have the distance 0.00141 among 25 rows
#   and 0 among 26. Of 4,096 uniform points of [0, 1] 827 get another point for their nearest
#   neighbour, none with the direct formula.
# Instead: compute_mode="donot_use_mm_for_euclid_dist", or float64 and centred points.
set -eu
pinned="torch==2.13.0 numpy==2.4.6"
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
import torch

direct = "donot_use_mm_for_euclid_dist"
x = torch.rand(26, 2, generator=torch.Generator().manual_seed(0)) + 10
y = x + 1e-3
few, many = (torch.cdist(x[:n], y[:n])[0, 0].item() for n in (25, 26))
print(f"two points {(x[0] - y[0]).norm():.5f} apart: {few:.5f} of 25 rows, {many:.5f} of 26")

points = torch.rand(4096, 1, generator=torch.Generator().manual_seed(0))


def nearest(points, **mode):
    distances = torch.cdist(points, points, **mode)
    return distances.fill_diagonal_(torch.inf).argmin(1)


truth = nearest(points.double(), compute_mode=direct)
wrong = (nearest(points) != truth).sum().item()
plain = (nearest(points, compute_mode=direct) != truth).sum().item()
print(f"of 4,096 points on a line {wrong} get a wrong nearest neighbour; direct formula: {plain}")
pair = abs(few - 0.00141) < 1e-5 and abs(many - few) > 1e-4
raise SystemExit(not (pair and wrong > 100 and plain < 5))
END
then
    echo "as found: from 26 rows on torch.cdist 2.13.0 loses close points in float32, and \
hundreds of 4,096 get a wrong nearest neighbour."
else
    echo "changed: torch.cdist on close points is not what it was; the lines above say what it \
is now."
    exit 1
fi
