import json

import pytest
import torch

from ldyn.core import stream


def test_the_error_of_a_row_is_that_of_the_library(js):
    a, b = torch.rand(2, 40, generator=stream("row"), dtype=torch.float64)
    found = js("depth-row", f"rms({json.dumps(a.tolist())}, {json.dumps(b.tolist())})")
    assert found == pytest.approx((a - b).square().mean().sqrt().item())
