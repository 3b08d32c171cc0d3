#!/bin/sh
# torch 2.13.0: both derivatives of torch.sinc lose all their digits near 0, and the second is
# nan at 0.
# Behaviour: sinc(x) = sin(pi x) / (pi x) is smooth, with slope -pi^2 x / 3 and curvature -pi^2
#   / 3 near 0. The slope is computed as a difference of two large terms that nearly cancel,
#   and the curvature by differentiating that.
# Seen: in float32 at x = 1e-4 a slope of -0.00093 for -0.00033 and a curvature of +5.96 for
#   -3.29; at 1e-5 a slope and a curvature of 0. At x = 0 the curvature is nan, in float64 too.
# Instead: the Taylor series for |x| < 0.01.
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
import math

import torch


def derivatives(at, dtype):
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.sinc(x), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    return slope.item(), curvature.item()


def series(x):
    slope = -(math.pi**2) * x / 3 + math.pi**4 * x**3 / 30
    return slope, -(math.pi**2) / 3 + math.pi**4 * x**2 / 10


for at in (0.0, 1e-5, 1e-4, 1e-3, 1e-2):
    f32, f64 = derivatives(at, torch.float32), derivatives(at, torch.float64)
    print(f"x = {at}: slope, curvature float32 {f32}, float64 {f64},")
    print(f"    by the series {series(at)}")

slope, curvature = derivatives(1e-4, torch.float32)
true_slope, true_curvature = series(1e-4)
at_zero = [derivatives(0.0, dtype)[1] for dtype in (torch.float32, torch.float64)]
lost = abs(slope / true_slope - 1) > 0.5 and abs(curvature / true_curvature - 1) > 0.5
raise SystemExit(not (lost and all(map(math.isnan, at_zero))))
END
then
    echo "as found: near 0 torch 2.13.0 gives wrong slopes and curvatures of sinc in float32, \
and nan for the curvature at 0."
else
    echo "changed: the derivatives of sinc near 0 are not what they were; the lines above say \
what they are now."
    exit 1
fi
