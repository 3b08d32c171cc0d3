"""The field, the moves and the factor of Dirac's GAN in the page are those of the library."""

import pytest
import torch
from scipy.integrate import solve_ivp

from ldyn.gans import TinyGAN, play, step_matrix

GAMES = {
    "none": {},
    "zero": {"penalty": 0.7},
    "one": {"penalty": 0.7, "centre": 1.0},
    "consensus": {"consensus": 0.7},
}


@pytest.mark.parametrize("penalty", GAMES)
@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "wasserstein"])
def test_points_go_where_the_library_sends_them(js, loss, penalty):
    game = TinyGAN(loss=loss, **GAMES[penalty])
    start = torch.tensor([1.3, -0.4], dtype=torch.float64)
    told = f"{{ loss: '{loss}', penalty: '{penalty}', strength: 0.7 }}"
    rules = ("simultaneous", "alternating")
    calls = [f"walk({told}, [1.3, -0.4], 0.2, '{rule}', 30)" for rule in rules]
    calls += [f"walk({told}, [1.3, -0.4], 0.05, 'flow', 40)"]
    calls += [f"factor({told}, {h}, '{rule}')" for rule in rules for h in (0.2, 3.0)]
    *paths, flow, a, b, c, d = js("dirac-field", f"[{', '.join(calls)}]")
    for rule, path in zip(rules, paths, strict=True):
        right = play(game.field, start, step=0.2, steps=30, rule=rule)
        assert torch.allclose(torch.tensor(path, dtype=torch.float64), right, atol=1e-12)
    if penalty == "one":
        return
    field = lambda _, z: game.field(torch.from_numpy(z)).numpy()  # noqa: E731
    fine = solve_ivp(field, (0, 2), start.numpy(), rtol=1e-9, atol=1e-9).y[:, -1]
    assert flow[-1] == pytest.approx(fine.tolist(), abs=1e-6)
    pairs = [(rule, h) for rule in rules for h in (0.2, 3.0)]
    for found, (rule, h) in zip((a, b, c, d), pairs, strict=True):
        matrix = step_matrix(game.jacobian(), rule=rule, step=h)
        # eigenvalues of a matrix that is nearly defective are known to half of the digits
        right = torch.linalg.eigvals(matrix).abs().max().item()
        assert found == pytest.approx(right, abs=1e-7)
