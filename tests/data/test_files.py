"""Loading data. The network is a server in this process, on this machine alone."""

import numpy as np
import pytest
from served import NAME, PICTURE, encoded, source

from ldyn import data
from ldyn.data import files as module
from ldyn.data.sources import SOURCES

BQCD = "0e6eefefc46f1abcd876fe34751e18fbd9d23ef8"


def test_a_file_is_downloaded_once_and_then_read_from_the_cache(site):
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.asked == 1
    assert [p.name for p in (data.cache_folder() / "scene").iterdir()] == ["picture.png"]


@pytest.mark.parametrize(
    "bad",
    [(503, b"busy"), (200, b"<html>log in</html>"), (200, encoded()[:-200]), (200, b"")],
    ids=["busy", "a web page", "truncated", "empty"],
)
def test_a_failed_or_damaged_answer_is_asked_for_again(site, bad):
    site.answers = [bad, (200, encoded())]
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.asked == 2


def test_after_the_last_attempt_a_sentence_says_what_to_do(site):
    site.answers = [(503, b"busy")]
    with pytest.raises(data.DataError, match=r"could not download .*503.*set LDYN_DATA"):
        data.fetch(NAME)
    assert site.asked == module.ATTEMPTS


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_page_that_is_gone_or_shut_is_not_asked_for_again(site, status):
    site.answers = [(status, b"")]
    with pytest.raises(data.DataError, match=str(status)):
        data.fetch(NAME)
    assert site.asked == 1


def test_mirrors_are_tried_in_order_and_the_first_good_one_is_kept(site):
    site.mirrored("/shut.png", "/other.png", "", "/never.png")
    site.at = {"/shut.png": (403, b""), "/other.png": (200, encoded(PICTURE + 1))}
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.paths == ["/shut.png", "/other.png", "/picture.png"]
    assert (data.cache_folder() / NAME).read_bytes() == encoded()


def test_when_all_mirrors_fail_each_is_named_with_its_reason(site):
    site.mirrored("", "/shut.png", "/busy.png", "/torn.png")
    site.at = {
        "/picture.png": (200, encoded(PICTURE + 1)),
        "/shut.png": (403, b""),
        "/busy.png": (503, b""),
        "/torn.png": (200, encoded()[:-200]),
    }
    with pytest.raises(data.DataError, match=r"could not download scene/picture\.png") as caught:
        data.fetch(NAME)
    said = str(caught.value)
    for path, reason in [
        ("/picture.png", "differs from the published"),
        ("/shut.png", "403"),
        ("/busy.png", "503"),
        ("/torn.png", "truncated or damaged"),
    ]:
        assert reason in said.split(f"{path} (", 1)[1].split(";")[0]
    # All of them once before any twice, and the one that is shut once only.
    again = ["/picture.png", "/busy.png", "/torn.png"] * (module.ATTEMPTS - 1)
    assert site.paths == ["/picture.png", "/shut.png", "/busy.png", "/torn.png", *again]
    assert not (data.cache_folder() / NAME).exists()


def test_a_shape_that_is_not_the_published_one_is_refused(site):
    site.answers = [(200, encoded(PICTURE.reshape(31, 24)))]
    with pytest.raises(data.DataError, match="differs from the published"):
        data.fetch(NAME)


def test_no_more_is_read_than_any_file_holds(site, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", len(encoded()) - 200)
    with pytest.raises(data.DataError, match="truncated or damaged"):
        data.fetch(NAME)


def test_every_attempt_ends_after_a_time(site, monkeypatch):
    def silent(url, timeout=None):
        waited.append(timeout)
        raise TimeoutError("timed out")

    waited = []
    monkeypatch.setattr(module.urllib.request, "urlopen", silent)
    with pytest.raises(data.DataError, match="timed out"):
        data.fetch(NAME)
    assert waited == [module.TIMEOUT] * module.ATTEMPTS


def test_without_network_a_sentence_says_what_to_do(site, monkeypatch):
    monkeypatch.setattr(module, "SOURCES", {NAME: source(("http://127.0.0.1:1/x.png",))})
    with pytest.raises(data.DataError, match="connect to the network and try again"):
        data.fetch(NAME)


def test_other_content_is_never_used_nor_kept(site):
    site.answers = [(200, encoded(PICTURE + 1))]
    with pytest.raises(data.DataError, match="differs from the published"):
        data.fetch(NAME)
    assert not (data.cache_folder() / NAME).exists()


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"x" + b])
def test_a_damaged_cache_is_replaced(site, damage):
    data.fetch(NAME)
    cached = data.cache_folder() / NAME
    cached.write_bytes(damage(encoded()))
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert site.asked == 2
    assert cached.read_bytes() == encoded()


def test_a_damaged_cache_is_gone_even_when_the_download_fails(site):
    data.fetch(NAME)
    cached = data.cache_folder() / NAME
    cached.write_bytes(encoded(PICTURE + 1))
    site.answers = [(404, b"")]
    with pytest.raises(data.DataError, match="could not download"):
        data.fetch(NAME)
    assert not cached.exists()


def test_a_cache_that_cannot_be_written_does_not_matter(site, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("a file where the cache folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert np.array_equal(data.fetch(NAME), PICTURE)


def test_an_interrupted_write_leaves_no_half_file(site, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    assert np.array_equal(data.fetch(NAME), PICTURE)
    assert list((data.cache_folder() / "scene").iterdir()) == []


def test_unknown_names_are_listed():
    with pytest.raises(ValueError, match=r"data file must be one of .*disp2\.png"):
        data.fetch("cones")


def test_a_missing_decoder_is_named(site, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        data.fetch(NAME)


def test_cones_scales_the_file_and_marks_what_is_unknown(monkeypatch):
    stored = np.array([[0, 4], [10, 255]], dtype=np.uint8)
    photograph = np.zeros((2, 2, 3), dtype=np.uint8)
    monkeypatch.setattr(
        "ldyn.data.disparity.fetch", lambda name: stored if "disp" in name else photograph
    )
    scene = data.cones()
    assert scene.values.tolist() == [[0, 1], [2.5, 63.75]]
    assert scene.known.tolist() == [[False, True], [True, True]]
    assert scene.image.shape == (2, 2, 3)


def test_every_file_has_a_mirror_and_every_address_its_name():
    """The last part of an address is the file's own name, or the archive's that holds it."""
    for name, listed in SOURCES.items():
        assert len(set(listed.urls)) > 1, f"{name} has one address alone"
        folder, _, file = name.rpartition("/")
        archives = {"cifar-10": {"cifar-10-binary.tar.gz"}, "pairs": {BQCD, f"{BQCD}.zip"}}
        expected = archives.get(folder, {file}) | ({"pairs.zip"} if "tuebingen" in file else set())
        assert {url.rpartition("/")[2] for url in listed.urls} == expected
