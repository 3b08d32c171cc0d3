"""A folder of one's own in the place of the download."""

import gzip
import lzma

import numpy as np
import pytest
from served import NAME, PICTURE, encoded

from ldyn import data


def test_a_local_folder_takes_the_place_of_the_download(site, monkeypatch, tmp_path):
    (tmp_path / "scene").mkdir()
    # Compressed differently: the digest is that of the content.
    (tmp_path / NAME).write_bytes(encoded(level=0))
    assert encoded(level=0) != encoded()
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.asked == 0
    assert not data.cache_folder().exists()


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)],
    ids=["plain", "gz", "xz"],
)
def test_a_local_copy_may_be_compressed(site, monkeypatch, tmp_path, suffix, pack):
    (tmp_path / "scene").mkdir()
    path = tmp_path / f"{NAME}{suffix}"
    path.write_bytes(pack(encoded()))
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    assert np.array_equal(data.fetch(NAME), PICTURE)
    path.write_bytes(pack(encoded())[:-200])
    with pytest.raises(data.DataError, match="truncated or damaged") as caught:
        data.fetch(NAME)
    assert str(path) in str(caught.value)
    assert site.asked == 0


def test_folders_may_be_named_from_home(site, monkeypatch, tmp_path):
    (tmp_path / "mine" / "scene").mkdir(parents=True)
    (tmp_path / "mine" / NAME).write_bytes(encoded())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LDYN_DATA", "~/mine")
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.asked == 0
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data.cache_folder() == tmp_path / ".cache" / "learning-dynamics"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (encoded()[:-200], "truncated or damaged"),
        (encoded(PICTURE + 1), "differs from the published"),
    ],
    ids=["absent", "truncated", "other"],
)
def test_a_bad_local_file_is_named_and_not_replaced(site, monkeypatch, tmp_path, content, says):
    (tmp_path / "scene").mkdir()
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match=says) as caught:
        data.fetch(NAME)
    assert str(tmp_path / NAME) in str(caught.value)
    assert "unset LDYN_DATA" in str(caught.value)
    assert site.asked == 0
    assert content is None or (tmp_path / NAME).read_bytes() == content
