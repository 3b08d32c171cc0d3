"""Files of data sets: how they are had, checked and kept."""

import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from ldyn.core import require_choice
from ldyn.data.formats import LARGEST, member, unpacked
from ldyn.data.sources import SOURCES, Source

ATTEMPTS = 3
FIRST_WAIT = 1.0  # seconds; doubled after each round of failed attempts
TIMEOUT = 10.0  # seconds without an answer


class DataError(OSError):
    """Data that could not be had, or that is not what it must be; the message says what to do."""


def fetch(name: str) -> np.ndarray:
    """Return the decoded, verified content of the file `name`, a key of `SOURCES`.

    The folder named by LDYN_DATA takes the place of the download; there the file may be as it is
    published, or compressed with gzip, xz or not at all. Without it the cache is read; a file that
    is absent there, or damaged, is downloaded and cached.
    Raises: ValueError for an unknown name; DataError when the file cannot be had or is not what
    it must be; ImportError when its decoder is not installed.
    """
    require_choice(name, SOURCES, "data file")
    source = SOURCES[name]
    if folder := os.environ.get("LDYN_DATA"):
        return _local(Path(folder).expanduser(), name, source)
    cached = cache_folder() / _published(name, source)
    try:
        return _verified(cached.read_bytes(), source, cached.name)
    except DataError:
        cached.unlink(missing_ok=True)
    except OSError:  # not there, or not readable
        pass
    data, content = _download(name, source)
    _keep(cached, data)
    return content


def cache_folder() -> Path:
    """Return the folder of downloads: learning-dynamics in $XDG_CACHE_HOME, or in ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "learning-dynamics"


def _published(name: str, source: Source) -> str:
    """The path of what is downloaded: that of the file, or of the archive that it is in."""
    archive = source.urls[0].rpartition("/")[2]
    return f"{name.rpartition('/')[0]}/{archive}" if source.member else name


def _local(folder: Path, name: str, source: Source) -> np.ndarray:
    bare = name.removesuffix(".gz")
    places = [name, bare, f"{bare}.gz", f"{bare}.xz", _published(name, source)]
    for path in (folder / place for place in places):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        try:
            return _verified(data, source, path.name)
        except DataError as error:
            raise DataError(
                f"{path} is not used: {error}; "
                f"replace it by {source.urls[0]}, or unset LDYN_DATA to download it"
            ) from None
    raise DataError(
        f"LDYN_DATA is set, but {folder / name} cannot be read, nor a copy with another "
        f"compression; put {source.urls[0]} there, or unset LDYN_DATA to download it"
    )


def _verified(data: bytes, source: Source, file: str) -> np.ndarray:
    """The array in `data`, which came under the name `file`."""
    try:
        packed = file.endswith(".tar.gz")
        content = source.decode(member(data, source.member) if packed else unpacked(data))
    except ImportError:
        raise
    except Exception as error:  # on damaged bytes a decoder may raise anything
        raise DataError(f"it is truncated or damaged ({error})") from None
    digest = hashlib.sha256(content.tobytes()).hexdigest()
    if (content.shape, digest) != (source.shape, source.digest):
        raise DataError("its content differs from the published one")
    return content


def _download(name: str, source: Source) -> tuple[bytes, np.ndarray]:
    """What an address gives, and the array in it: all are tried in order, and then once more."""
    reasons, urls = {}, list(source.urls)
    for attempt in range(ATTEMPTS):
        if attempt and urls:
            time.sleep(FIRST_WAIT * 2 ** (attempt - 1))
        for url in list(urls):
            try:
                with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
                    data = answer.read(LARGEST)
                return data, _verified(data, source, url)
            except DataError as error:
                reasons[url] = f"what arrived is not used: {error}"
            except (OSError, http.client.HTTPException) as error:
                reasons[url] = str(error) or type(error).__name__
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
                    if error.code in (401, 403, 404, 410):
                        urls.remove(url)
    tried = "; ".join(f"{url} ({reason})" for url, reason in reasons.items())
    raise DataError(
        f"could not download {name}; tried {tried}; connect to the network and try again, "
        "or set LDYN_DATA to a folder that holds the data"
    )


def _keep(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step, so that no reader ever sees half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    except OSError:  # a cache that cannot be written costs a download next time, no more
        return
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.replace(temporary, path)
    except OSError:  # such as a full disk: the data themselves are at hand
        Path(temporary).unlink(missing_ok=True)
