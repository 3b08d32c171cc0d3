"""A picture, and a server of it in this process, on this machine alone."""

import hashlib
import http.server
import io
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from ldyn.data import files as module
from ldyn.data import formats

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 31), dtype=np.uint8)
NAME = "scene/picture.png"


def encoded(picture=PICTURE, level=6):
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=level)
    return out.getvalue()


def source(urls):
    digest = hashlib.sha256(PICTURE.tobytes()).hexdigest()
    return module.Source(urls=urls, digest=digest, shape=PICTURE.shape, decode=formats.png)


@pytest.fixture
def site(monkeypatch, tmp_path):
    """A server whose answers are listed in advance: (status, body) each, the last one for ever.

    `mirrored(…)` gives it other addresses in this order, "" for its own; `paths` lists what was
    asked for, and `at` holds an answer for ever of a path of its own.
    """
    state = SimpleNamespace(answers=[(200, encoded())], asked=0, paths=[], at={})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.paths.append(self.path)
            listed = state.answers[min(state.asked, len(state.answers) - 1)]
            status, body = state.at.get(self.path, listed)
            state.asked += 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/picture.png"

    def mirrored(*paths):
        urls = (state.url.replace("/picture.png", path or "/picture.png") for path in paths)
        monkeypatch.setattr(module, "SOURCES", {NAME: source(tuple(urls))})

    state.mirrored = mirrored
    mirrored("")
    monkeypatch.setattr(module, "FIRST_WAIT", 0.001)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LDYN_DATA", raising=False)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
