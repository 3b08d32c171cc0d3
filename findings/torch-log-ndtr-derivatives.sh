#!/bin/sh
# torch 2.13.0: the derivatives of torch.special.log_ndtr are wrong in the left tail, where the
# function exists for its own sake.
# Behaviour: log_ndtr is the logarithm of the normal distribution function, made so that it
#   keeps its digits for very negative x. It is strictly concave: its curvature lies between -1
#   and 0 everywhere and tends to -1. The value keeps its digits; the curvature is a product of
#   large numbers that cancel, and ends as rounding of any size and sign. Probit likelihoods
#   and Laplace approximations use just this curvature.
# Seen: float32 at x = -50: -1.15, at -100: -3.05, at -200: +18.4, for -0.9996 to -0.99997; at
#   -1000 the slope is 956 for 1000.001. In float64 the curvature at -1e5 is -7,403 for -1.
# Instead: for x < -10 differentiate the continued fraction or the asymptotic series of the
#   Mills ratio.
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


def derivatives(at, dtype):
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    value = torch.special.log_ndtr(x)
    (slope,) = torch.autograd.grad(value, x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    return value.item(), slope.item(), curvature.item()


def tail(x):
    """Slope and curvature for x << 0 from the asymptotic series of the Mills ratio."""
    slope = -x / (1 - x**-2 + 3 * x**-4 - 15 * x**-6)
    return slope, -slope * (x + slope)


for at in (-10.0, -50.0, -100.0, -200.0, -1000.0):
    f32, f64 = derivatives(at, torch.float32), derivatives(at, torch.float64)
    print(f"x = {at}: value, slope, curvature float32 {f32},")
    print(f"    float64 {f64};")
    print(f"    slope, curvature by the series {tail(at)}")
far = derivatives(-1e5, torch.float64)
print(f"x = -1e5: value, slope, curvature float64 {far}")

beyond = [derivatives(at, torch.float32)[2] for at in (-200.0, -1000.0)]
off = all(abs(curvature + 1) > 1 for curvature in beyond) and abs(far[2] + 1) > 100
slope = derivatives(-1000.0, torch.float32)[1]
raise SystemExit(not (off and abs(slope / tail(-1000.0)[0] - 1) > 0.01))
END
then
    echo "as found: in the left tail torch 2.13.0 gives log_ndtr, a concave function, \
curvatures outside (-1, 0), with errors of any size."
else
    echo "changed: the derivatives of log_ndtr in the left tail are not what they were; the \
lines above say what they are now."
    exit 1
fi
