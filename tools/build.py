"""Build the book with Jupyter Book, and the reader's notebooks from what it has built.

python tools/build.py [options of jupyter-book build]
"""

import os
import sys

# jsonschema would read grammars of internationalised addresses, which no schema here asks for: two
# seconds of processor time in every build.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

import notebooks  # noqa: E402
from jupyter_book.cli.main import main  # noqa: E402

BUILD = ["build", str(notebooks.ROOT), "-W", "-n", "--keep-going"]

if __name__ == "__main__":
    main([*BUILD, *sys.argv[1:]], standalone_mode=False)
    if os.environ.get("EDITION", "") != "student":
        notebooks.write_all()
