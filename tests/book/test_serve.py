"""`make serve`: what it says of a port that it cannot have."""

import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import serve


@pytest.mark.parametrize("port", ["eighty", "99999"])
def test_what_is_no_port_is_answered_with_one(port):
    with pytest.raises(SystemExit, match=rf"Port {port} cannot be used.*PORT=8001"):
        serve.main(port)


def test_a_port_in_use_is_answered_with_another():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit, match=rf"Port {port} cannot be used.*PORT=8001"):
            serve.main(port)
