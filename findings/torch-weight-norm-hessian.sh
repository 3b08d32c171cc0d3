#!/bin/sh
# torch 2.13.0: the Hessian of a weight-normalised layer is wrong, and nothing says so.
# Behaviour: value and gradient of a layer under torch.nn.utils.parametrizations.weight_norm
#   are right. Differentiated once more in reverse mode they give a matrix that is not
#   symmetric and is not the Hessian. torch.nn.utils.weight_norm has the same fault.
# Seen: on a layer of 4 inputs and 3 units in float64, 53 % away from the difference quotients
#   of its own gradient, 50 % away from its own transpose, and a trace of 3.3 for 4.5. The same
#   formula written with a norm and a division agrees to 1e-9.
# Instead: write g * v / |v| out, or compare u'Hw with w'Hu once before trusting products.
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
from torch.nn.utils import parametrizations

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
layer = parametrizations.weight_norm(torch.nn.Linear(4, 3))
x, y = torch.randn(20, 4), torch.randn(20, 3)
bias, g, v = parameters = list(layer.parameters())


def loss(out):
    return (out.tanh() - y).square().mean()


def library():
    return loss(layer(x))


def by_hand():
    return loss(x @ (g * v / v.norm(dim=1, keepdim=True)).T + bias)


def gradient(f, **kept):
    return torch.cat([d.flatten() for d in torch.autograd.grad(f(), parameters, **kept)])


def hessian(f):
    rows = gradient(f, create_graph=True)
    twice = [torch.autograd.grad(r, parameters, retain_graph=True) for r in rows]
    return torch.stack([torch.cat([d.flatten() for d in row]) for row in twice])


def quotients(f, step=1e-5):
    columns = []
    for p in parameters:
        for i in range(p.numel()):
            sides = []
            for sign in (1, -2):
                p.data.view(-1)[i] += sign * step
                sides.append(gradient(f))
            p.data.view(-1)[i] += step
            columns.append((sides[0] - sides[1]) / (2 * step))
    return torch.stack(columns, 1)


truth, theirs, ours = quotients(library), hessian(library), hessian(by_hand)


def apart(a, b):
    return ((a - b).norm() / b.norm()).item()


first = apart(gradient(library), gradient(by_hand))
wrong, exact = apart(theirs, truth), apart(ours, truth)
skew = apart(theirs, theirs.T)
print(f"gradients, library and formula by hand: {first:.0e} apart")
print(f"Hessian and difference quotients: {wrong:.2f} apart, by hand {exact:.0e}")
print(f"Hessian and transpose: {skew:.2f} apart, by hand {apart(ours, ours.T):.0e}")
print(f"trace: {theirs.trace():.3f}, of the quotients {truth.trace():.3f}")
raise SystemExit(not (first < 1e-12 and exact < 1e-6 and min(wrong, skew) > 0.1))
END
then
    echo "as found: the reverse-mode Hessian of a weight-normalised layer is neither symmetric \
nor right in torch 2.13.0."
else
    echo "changed: the Hessian of a weight-normalised layer is not what it was; the lines \
above say what it is now."
    exit 1
fi
