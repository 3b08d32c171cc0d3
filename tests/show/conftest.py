import json
import shutil
import subprocess

import pytest

from ldyn.show.moving import source


@pytest.fixture
def js():
    """Evaluate: `js("name", "expression")`, among the functions of a figure's module."""
    node = shutil.which("node")
    if node is None:
        pytest.skip(
            "no Node found; the figures' arithmetic is then checked in the browser tests only"
        )

    def evaluate(name: str, expression: str):
        code = f"{source(name)}\nconsole.log(JSON.stringify({expression}));"
        done = subprocess.run(
            [node, "--input-type=module"], input=code, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return evaluate
