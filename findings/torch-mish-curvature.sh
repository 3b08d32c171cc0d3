#!/bin/sh
# torch 2.13.0: the second derivative of mish is nan in float32 where the function is a
# straight line.
# Behaviour: mish(x) = x tanh(log(1 + e^x)) is x to all digits for large x, so its slope is 1
#   and its curvature 0. From x = 89 on, where e^x leaves the range of float32, value and slope
#   are right and the curvature is nan. silu, gelu and softplus give 0 there, and so does the
#   formula built from softplus and tanh.
# Seen: mish 88: 0, 89: nan, 100: nan in float32; 0 in float64 at the same points. One such
#   unit makes every Hessian product of a network nan.
# Instead: x * torch.tanh(torch.nn.functional.softplus(x)).
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
from torch.nn import functional


def derivatives(f, at, dtype):
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    return slope.item(), curvature.item()


def by_hand(x):
    return x * functional.softplus(x).tanh()


seen = {}
for name, f in {"mish": functional.mish, "by hand": by_hand, "silu": functional.silu}.items():
    for dtype in (torch.float32, torch.float64):
        seen[name, dtype] = [derivatives(f, at, dtype) for at in (88.0, 89.0, 100.0)]
        print(f"{name}, {dtype}: slope, curvature at 88, 89, 100: {seen[name, dtype]}")
below, *beyond = seen.pop(("mish", torch.float32))
others = all(pair == (1.0, 0.0) for row in seen.values() for pair in row)
bad = all(slope == 1.0 and curvature != curvature for slope, curvature in beyond)
raise SystemExit(not (others and below == (1.0, 0.0) and bad))
END
then
    echo "as found: beyond x = 89 torch 2.13.0 gives nan for the second derivative of mish in \
float32, for 0."
else
    echo "changed: the second derivative of mish is not what it was; the lines above say what \
it is now."
    exit 1
fi
