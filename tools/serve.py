"""Serve the built book on localhost: python tools/serve.py 8000"""

import sys
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BUILT = Path(__file__).resolve().parents[1] / "_build" / "html"


def main(port: str) -> None:
    if not (BUILT / "index.html").is_file():
        sys.exit("No built book in _build/html; run `make book` first.")
    handler = partial(SimpleHTTPRequestHandler, directory=str(BUILT))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Port {port} cannot be used: {error}. Name a free one: make serve PORT=8001")
    print(f"The book is at http://127.0.0.1:{port}/ (Ctrl-C stops)", flush=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
