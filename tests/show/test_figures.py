import json

import pytest


def test_crowded_labels_move_as_in_python(js):
    from ldyn.show.style import _apart

    at = [0.0, 1.0, 1.5, 40.0, 41.0]
    assert js("rate-race", f"apart({json.dumps(at)}, 10)") == pytest.approx(_apart(at, 10))


def test_scales_of_a_chart_return_what_they_are_given(js):
    pen = "new Proxy({}, { get: () => () => ({ width: 0 }), set: () => true })"
    made = (
        f"chart({pen}, {{ width: 400, height: 300, ink: {{}}, x: [1, 100], y: [0, 2], log: 'x' }})"
    )
    assert js("rate-race", f"{made}.sx.back({made}.sx(37))") == pytest.approx(37)
    assert js("rate-race", f"{made}.sy.back({made}.sy(1.25))") == pytest.approx(1.25)
