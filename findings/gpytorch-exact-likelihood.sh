#!/bin/sh
# gpytorch 1.15.2: from 801 rows on the "exact" marginal likelihood is a random number.
# Behaviour: ExactMarginalLogLikelihood of an ExactGP promises the exact logarithm. Up to 800
#   rows it is, by Cholesky. Above, its determinant is a random estimate from ten probes, and
#   the page of the likelihood does not say so; a setting elsewhere, max_cholesky_size, does.
#   Two evaluations of one model differ, and a comparison of kernels by their likelihoods, or a
#   line search, compares noise.
# Seen: five values with 800 rows agree to the last digit; with 801 they are spread over 12
#   nats, where a factor of 7 in odds is 2.
# Instead: gpytorch.settings.max_cholesky_size(n) around the call, which is exact.
set -eu
pinned="gpytorch==1.15.2 linear-operator==0.6.1 torch==2.13.0 numpy==2.4.6"
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

import gpytorch
import torch


class Model(gpytorch.models.ExactGP):
    def __init__(self, x, y, likelihood):
        super().__init__(x, y, likelihood)
        self.kernel = gpytorch.kernels.RBFKernel()

    def forward(self, x):
        return gpytorch.distributions.MultivariateNormal(torch.zeros(len(x)), self.kernel(x))


def values(n):
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(n, 2, generator=draw)
    y = torch.sin(6 * x[:, 0]) + 0.1 * torch.randn(n, generator=draw)
    likelihood = gpytorch.likelihoods.GaussianLikelihood()
    likelihood.noise = 0.01
    model = Model(x, y, likelihood)
    loss = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)
    found = []
    for seed in range(5):
        torch.manual_seed(seed)
        found.append(n * loss(model(x), y).item())
    with gpytorch.settings.max_cholesky_size(n):
        told = n * loss(model(x), y).item()
    gram = model.kernel(x).to_dense().detach().double() + 0.01 * torch.eye(n)
    factor = torch.linalg.cholesky(gram)
    half = torch.linalg.solve_triangular(factor, y.double()[:, None], upper=False)
    exact = -half.square().sum() / 2 - factor.diagonal().log().sum()
    return found, told, exact.item() - n * math.log(2 * math.pi) / 2


spread = {}
for n in (800, 801):
    found, told, exact = values(n)
    spread[n] = max(found) - min(found)
    print(f"{n} rows: {', '.join(f'{v:.2f}' for v in found)}, spread {spread[n]:.2g}")
    print(f"    with max_cholesky_size {told:.2f}; by a Cholesky factor in float64 {exact:.2f}")
raise SystemExit(not (spread[800] == 0 and spread[801] > 1 and abs(told - exact) < 0.5))
END
then
    echo "as found: in gpytorch 1.15.2 the exact marginal likelihood of more than 800 rows is \
random, over several nats."
else
    echo "changed: the exact marginal likelihood of gpytorch is not what it was; the lines above \
say what it is now."
    exit 1
fi
