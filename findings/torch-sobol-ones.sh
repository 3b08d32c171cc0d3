#!/bin/sh
# torch 2.13.0: in float32, the default, points of SobolEngine are now and then exactly 1.
# Behaviour: Sobol' numbers lie in [0, 1), as those of torch.rand do; a point is made normal or
#   of another law by a quantile function, which is infinite at 1. The engine computes 30
#   binary digits, of which float32 keeps 24, and the largest are rounded up to 1.
# Seen: of 65,536 scrambled points in 50 dimensions, seed 0, one number is 1 and its normal
#   quantile inf, so that one feature or path of a simulation is nan; in float64 the same
#   points stay below 1.
# Instead: draw(n, dtype=torch.float64), clamp away from 0 and 1, then convert.
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


def drawn(seed, dtype):
    engine = torch.quasirandom.SobolEngine(50, scramble=True, seed=seed)
    return engine.draw(2**16, dtype=dtype)


found = []
for seed in range(8):
    single, double = drawn(seed, None), drawn(seed, torch.float64)
    ones = int((single == 1).sum())
    found.append((ones, bool((double < 1).all())))
    print(f"seed {seed}: {ones} of {single.numel():,} numbers are 1 in {single.dtype};")
    print(f"    in float64 the largest is 1 - {1 - double.max().item():.1e}")
    if ones:
        print(f"    its normal quantile: {torch.special.ndtri(single).max().item()}")
print(f"torch.rand at its largest: 1 - {1 - torch.rand(2**24).max().item():.1e}")
raise SystemExit(not (any(ones for ones, _ in found) and all(below for _, below in found)))
END
then
    echo "as found: in torch 2.13.0 a scrambled Sobol' number in float32 may be exactly 1, and \
its normal quantile infinite."
else
    echo "changed: the largest Sobol' numbers in float32 are not what they were; the lines above \
say what they are now."
    exit 1
fi
