#!/bin/sh
# torch 2.13.0: one step of AdamW makes every weight of an orthogonal layer zero.
# Behaviour: torch.nn.utils.parametrizations.orthogonal keeps a layer's weight orthogonal while
#   it is trained. A layer that is not square uses Householder reflections unless told
#   otherwise, and keeps their signs as -1 and 1 on the diagonal of its parameter, which is cut
#   to an integer when the weight is formed. Weight decay shrinks that diagonal; 0.99999 cut to
#   an integer is 0, and the whole weight is 0 from the first step on, for good: its gradient
#   is 0 too. No word is said. AdamW decays by default.
# Seen: a layer from 20 to 40 with the defaults of AdamW has the norm 4.47 before the first
#   step and 0 after it, with SGD and a weight decay of 1e-4 too; with Adam, without decay, it
#   stays orthogonal to 1e-5, and so does a square layer.
# Instead: no weight decay on these parameters, or orthogonal_map="matrix_exp".
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
from torch.nn.utils.parametrizations import orthogonal


def train(outputs, optimiser, **choices):
    """Distance from orthogonality, norm of the weight and of its gradient after three steps."""
    torch.manual_seed(0)
    layer = orthogonal(torch.nn.Linear(20, outputs))
    x, y = torch.randn(64, 20), torch.randn(64, outputs)
    optimiser = optimiser(layer.parameters(), **choices)
    for _ in range(3):
        optimiser.zero_grad()
        (layer(x) - y).square().mean().backward()
        optimiser.step()
    slope = layer.parametrizations.weight.original.grad.norm().item()
    weight = layer.weight.detach()
    return (weight.T @ weight - torch.eye(20)).norm().item(), weight.norm().item(), slope


seen = {
    "20 to 40, AdamW": train(40, torch.optim.AdamW),
    "20 to 40, SGD, decay 1e-4": train(40, torch.optim.SGD, lr=0.1, weight_decay=1e-4),
    "20 to 40, Adam": train(40, torch.optim.Adam),
    "20 to 20, AdamW": train(20, torch.optim.AdamW),
}
for name, (off, norm, slope) in seen.items():
    print(f"{name}: off by {off:.0e}, norm {norm:.3f}, gradient {slope:.0e}")
lost, slow, plain, square = seen.values()
raise SystemExit(not (lost[1:] == slow[1:] == (0, 0) and max(plain[0], square[0]) < 1e-4))
END
then
    echo "as found: under weight decay an orthogonal layer of torch 2.13.0 that is not square \
becomes zero in one step."
else
    echo "changed: an orthogonal layer under weight decay is not what it was; the lines above \
say what it is now."
    exit 1
fi
