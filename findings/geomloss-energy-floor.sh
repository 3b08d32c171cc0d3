#!/bin/sh
# geomloss 0.3.1: no two points are closer than 0.0001, in float64 too.
# Behaviour: distances are the square root of squared distances that were raised to 1e-8
#   before, so that the distance of a point from itself is 1e-4. The energy loss subtracts the
#   distances within each cloud and comes out too small by (1/n + 1/m) / 2 times 1e-4; clouds
#   whose scale is 1e-4 or less (data in metres of things in micrometres) are told apart badly
#   or not at all, and the gradient vanishes.
# Seen: Diracs at distance 1 have the loss 0.9999, at 0.0001 and 0.00005 the loss 0; at 0.00005
#   the gradient is 0 too. Two clouds scaled by 1e-4 lose 9 % of their loss, where the energy
#   distance scales exactly.
# Instead: scale the data to order one, and add the constant.
set -eu
pinned="torch==2.13.0 numpy==2.4.6 scipy==1.17.1 geomloss==0.3.1"
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
import geomloss
import torch
from scipy.stats import energy_distance

torch.set_default_dtype(torch.float64)
energy = geomloss.SamplesLoss("energy", backend="tensorized")
values, slopes = {}, {}
for distance in (1.0, 1e-2, 1e-4, 5e-5):
    x = torch.zeros(1, 1, requires_grad=True)
    values[distance] = energy(x, torch.full((1, 1), distance))
    (slope,) = torch.autograd.grad(values[distance], x)
    slopes[distance] = slope.item()
    truth = energy_distance([0.0], [distance]) ** 2 / 2
    loss, slope = values[distance].item(), slopes[distance]
    print(f"Diracs {distance} apart: loss {loss:.6f}, SciPy {truth:.6f}, slope {slope:.1f}")
torch.manual_seed(0)
x, y = torch.randn(100, 2), torch.randn(100, 2) + 1
share = (energy(1e-4 * x, 1e-4 * y) / (1e-4 * energy(x, y))).item()
print(f"two clouds scaled by 1e-4 have {share:.3f} times their scaled loss")
floor = abs(values[1.0].item() - 0.9999) < 1e-9 and values[5e-5] == 0 and slopes[5e-5] == 0
raise SystemExit(not (floor and share < 0.97))
END
then
    echo "as found: in geomloss 0.3.1 the energy loss of Diracs at distance 1 is 0.9999, and 0 \
with zero gradient at distance 0.00005."
else
    echo "changed: the energy loss at small distances is not what it was; the lines above say \
what it is now."
    exit 1
fi
