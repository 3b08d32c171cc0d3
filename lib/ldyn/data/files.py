"""Files of data sets: where they come from, what they must hold, and where they are kept."""

import gzip
import hashlib
import http.client
import io
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ldyn.core import require_choice

ATTEMPTS = 3
FIRST_WAIT = 1.0  # seconds; doubled after each failed attempt
TIMEOUT = 10.0  # seconds without an answer
LARGEST = 2**28  # bytes; no file of the book comes near it


class DataError(OSError):
    """Data that could not be had, or that is not what it must be; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file: its canonical address, how its bytes decode, and the digest of what they decode to.

    The digest is SHA-256 of the decoded array's bytes, so that the same pictures or numbers pass
    however they were compressed.
    """

    url: str
    digest: str
    decode: Callable[[bytes], np.ndarray]


def _png(data: bytes) -> np.ndarray:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("reading PNG files needs Pillow; try pip install pillow") from None
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.array(image)


def _idx(data: bytes) -> np.ndarray:
    """The gzipped format of MNIST: 0, 0, 8 (uint8), number of axes, their lengths, the entries."""
    content = gzip.decompress(data)
    if content[:3] != b"\0\0\x08":
        raise ValueError("no idx file of bytes")
    axes = content[3]
    shape = np.frombuffer(content, ">i4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()


_CONES = "https://vision.middlebury.edu/stereo/data/scenes2003/newdata/cones/"
_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
# Names are paths below LDYN_DATA and below the cache.
SOURCES = {
    "middlebury-2003/disp2.png": Source(
        url=_CONES + "disp2.png",
        digest="aab8a5299141937786ee7a0c2d0739e9591cb428696d37b663371fd54334a6ba",
        decode=_png,
    ),
    "middlebury-2003/im2.png": Source(
        url=_CONES + "im2.png",
        digest="5ca5dd3e4be81a47a51d00a11fcba6f9fd6702026fecd2ddad3544f730e73bbe",
        decode=_png,
    ),
    **{
        f"mnist/{name}-ubyte.gz": Source(url=f"{_MNIST}{name}-ubyte.gz", digest=digest, decode=_idx)
        for name, digest in {
            "train-images-idx3": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "train-labels-idx1": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "t10k-images-idx3": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "t10k-labels-idx1": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        }.items()
    },
}


def fetch(name: str) -> np.ndarray:
    """Return the decoded, verified content of the file `name`, a key of `SOURCES`.

    The folder named by LDYN_DATA takes the place of the download. Without it the cache is read;
    a file that is absent there, or damaged, is downloaded and cached.
    Raises: ValueError for an unknown name; DataError when the file cannot be had or is not what
    it must be; ImportError when its decoder is not installed.
    """
    require_choice(name, SOURCES, "data file")
    source = SOURCES[name]
    if folder := os.environ.get("LDYN_DATA"):
        return _local(Path(folder).expanduser() / name, source)
    cached = cache_folder() / name
    try:
        return _verified(cached.read_bytes(), source)
    except DataError:
        cached.unlink(missing_ok=True)
    except OSError:  # not there, or not readable
        pass
    data, content = _download(source)
    _keep(cached, data)
    return content


def cache_folder() -> Path:
    """Return the folder of downloads: learning-dynamics in $XDG_CACHE_HOME, or in ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "learning-dynamics"


def _local(path: Path, source: Source) -> np.ndarray:
    try:
        data = path.read_bytes()
    except OSError:
        raise DataError(
            f"LDYN_DATA is set, but {path} cannot be read; "
            f"put {source.url} there, or unset LDYN_DATA to download it"
        ) from None
    try:
        return _verified(data, source)
    except DataError as error:
        raise DataError(
            f"{path} is not used: {error}; "
            f"replace it by {source.url}, or unset LDYN_DATA to download it"
        ) from None


def _verified(data: bytes, source: Source) -> np.ndarray:
    try:
        content = source.decode(data)
    except ImportError:
        raise
    except Exception as error:  # on damaged bytes a decoder may raise anything
        raise DataError(f"it is truncated or damaged ({error})") from None
    if hashlib.sha256(content.tobytes()).hexdigest() != source.digest:
        raise DataError("its content differs from the published one")
    return content


def _download(source: Source) -> tuple[bytes, np.ndarray]:
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_WAIT * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(source.url, timeout=TIMEOUT) as answer:
                data = answer.read(LARGEST)
            return data, _verified(data, source)
        except DataError as error:
            reason = f"what arrived is not used: {error}"
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                if error.code in (401, 403, 404, 410):
                    break
    raise DataError(
        f"could not download {source.url} ({reason}); connect to the network and try again, "
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
