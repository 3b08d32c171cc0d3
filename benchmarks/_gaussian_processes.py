"""GPyTorch's two usual models as its documentation writes them, for `_contestant.py`."""

from typing import Any

import gpytorch
import numpy as np
import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from torch import Tensor


def covariance(dim: int) -> ScaleKernel:
    return ScaleKernel(RBFKernel(ard_num_dims=dim))


class Sparse(gpytorch.models.ApproximateGP):
    def __init__(self, points: Tensor) -> None:
        law = gpytorch.variational.CholeskyVariationalDistribution(len(points))
        super().__init__(gpytorch.variational.VariationalStrategy(self, points, law))
        self.mean, self.covariance = gpytorch.means.ConstantMean(), covariance(points.shape[1])

    def forward(self, x: Tensor) -> MultivariateNormal:
        return MultivariateNormal(self.mean(x), self.covariance(x))


class Exact(gpytorch.models.ExactGP):
    def __init__(self, x: Tensor, y: Tensor, likelihood: GaussianLikelihood) -> None:
        super().__init__(x, y, likelihood)
        self.mean, self.covariance = gpytorch.means.ConstantMean(), covariance(x.shape[1])

    def forward(self, x: Tensor) -> MultivariateNormal:
        return MultivariateNormal(self.mean(x), self.covariance(x))


def svgp(x: Any, y: Any, z: Any, epochs: int) -> Any:
    """500 inducing points, batches of 1,024, Adam at 0.02."""
    torch.manual_seed(0)
    x, y, z = (torch.from_numpy(a.astype(np.float32)) for a in (x, y, z))
    model, likelihood = Sparse(x[torch.randperm(len(x))[:500]].clone()), GaussianLikelihood()
    loss = gpytorch.mlls.VariationalELBO(likelihood, model, num_data=len(x))
    adam = torch.optim.Adam([*model.parameters(), *likelihood.parameters()], lr=0.02)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(1024):
            adam.zero_grad()
            (-loss(model(x[batch]), y[batch])).backward()
            adam.step()
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part).mean for part in z.split(1024)]).double().numpy()


def exact(x: Any, y: Any, z: Any, steps: int) -> Any:
    """Adam at 0.1 on the marginal likelihood, by conjugate gradients from 801 rows on."""
    torch.manual_seed(0)
    x, y, z = (torch.from_numpy(a.astype(np.float32)) for a in (x, y, z))
    likelihood = GaussianLikelihood()
    model = Exact(x, y, likelihood)
    loss = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)
    adam = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        adam.zero_grad()
        (-loss(model(x), y)).backward()
        adam.step()
    model.eval()
    with torch.no_grad(), gpytorch.settings.skip_posterior_variances():
        return torch.cat([model(part).mean for part in z.split(1024)]).double().numpy()
