"""Meta-CGNN in a file: plain tensors, and nothing that could run."""

import pytest
import torch

from ldyn.causal import MetaCGNN, load_meta_cgnn
from ldyn.causal.meta_cgnn import initial_parts
from ldyn.core import stream


def test_what_is_saved_is_read_back_and_other_files_are_refused(tmp_path):
    net = MetaCGNN(parts=initial_parts("cme", True, 0))
    x, y = torch.randn(2, 50, generator=stream("saved"), dtype=torch.float64)
    net.save(tmp_path / "net.pt")
    assert load_meta_cgnn(tmp_path / "net.pt").score(x, y) == net.score(x, y)
    torch.save({"layer1": []}, tmp_path / "part.pt")
    (tmp_path / "text.pt").write_text("layers")
    torch.save({"layer1": print, "layer2": 0, "out": 0}, tmp_path / "code.pt")
    for name in ("part.pt", "text.pt", "code.pt"):
        with pytest.raises(ValueError, match="holds no Meta-CGNN"):
            load_meta_cgnn(tmp_path / name)
