#!/bin/sh
# torch 2.13.0: a spectrally normalised convolution stretches images by up to three.
# Behaviour: torch.nn.utils.parametrizations.spectral_norm brings the largest singular value of
#   the reshaped kernel, outputs by inputs times taps, to 1. The manual says that it reshapes,
#   and that the purpose is to bound the Lipschitz constant; that constant is the norm of the
#   convolution itself, which can be sqrt(9) times as large for 3 x 3 taps, and by how much
#   depends on the stride.
# Seen: on images of 32 x 32, padding 1, after 200 power iterations: 1.9 for random weights
#   from 3 to 8 channels, 1.5 from 8 to 8, 1.2 at stride 2 and 1.0 at stride 3 (16 to 16), 2.98
#   for equal taps.
# Instead: run the power iteration on the convolution and its transpose.
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
from torch.nn.utils.parametrizations import spectral_norm

torch.set_default_dtype(torch.float64)


def norms(inputs, outputs, stride, equal=False):
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    if equal:
        torch.nn.init.ones_(layer.weight)
    layer = spectral_norm(layer, n_power_iterations=200).eval()
    x = torch.randn(1, inputs, 32, 32)
    with torch.no_grad():
        kernel = layer.weight
        for _ in range(300):  # the power method on the layer's own transpose
            y = torch.nn.functional.conv2d(x / x.norm(), kernel, stride=stride, padding=1)
            back = torch.nn.grad.conv2d_input(x.shape, kernel, y, stride=stride, padding=1)
            x, norm = back, back.norm().sqrt()
        return torch.linalg.matrix_norm(kernel.flatten(1), 2).item(), norm.item()


cases = {
    "3 to 8": (3, 8, 1),
    "8 to 8": (8, 8, 1),
    "stride 2": (16, 16, 2),
    "stride 3": (16, 16, 3),
    "equal taps": (4, 4, 1, True),
}
seen = {name: norms(*case) for name, case in cases.items()}
for name, (kernel, layer) in seen.items():
    print(f"{name}: reshaped kernel {kernel:.4f}, the layer {layer:.4f}")
true = {name: layer for name, (_, layer) in seen.items()}
ones = all(abs(kernel - 1) < 1e-3 for kernel, _ in seen.values())
larger = true["3 to 8"] > 1.5 and true["equal taps"] > 2.9 and true["stride 3"] < 1.01
raise SystemExit(not (ones and larger))
END
then
    echo "as found: under spectral_norm of torch 2.13.0 a 3 x 3 convolution has a norm of up \
to 2.98 and not 1."
else
    echo "changed: the norm of a spectrally normalised convolution is not what it was; the \
lines above say what it is now."
    exit 1
fi
