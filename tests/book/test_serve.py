"""`make serve`: what it says of a port that it cannot have."""

import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import serve


@pytest.fixture(autouse=True)
def book(tmp_path, monkeypatch):
    """A built book of one page."""
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(serve, "BUILT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("port", ["eighty", "99999"])
def test_what_is_no_port_is_answered_with_one(port):
    with pytest.raises(SystemExit, match=rf"Port {port} cannot be used.*PORT=8001"):
        serve.main(port)


def test_a_port_in_use_is_answered_with_another():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit, match=rf"Port {port} cannot be used.*PORT=8001"):
            serve.main(port)


def test_without_a_book_it_says_how_to_make_one(book):
    (book / "index.html").unlink()
    with pytest.raises(SystemExit, match="run `make book` first"):
        serve.main("8000")
