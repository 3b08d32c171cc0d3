"""Fashion-MNIST and CIFAR-10: loaders on made files, and the archive that CIFAR-10 comes in."""

import gzip
import hashlib
import io
import lzma
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from ldyn import data
from ldyn.data import files as module

DRAW = np.random.default_rng(3)
CLOTHES = DRAW.integers(0, 256, (4, 28, 28), dtype=np.uint8)
KINDS = np.array([9, 0, 3, 9], dtype=np.uint8)
PARTS = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
ROWS = {part: DRAW.integers(0, 256, (2, 3073), dtype=np.uint8) for part in PARTS}
for part, rows in ROWS.items():
    rows[:, 0] = [PARTS.index(part), 9]
ARCHIVE = "cifar-10-binary.tar.gz"


def encoded(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


def archive(parts=PARTS, top="cifar-10-batches-bin"):
    """The published archive's layout, its members in another order than the batches'."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=0) as file:
        for name, content in [("readme.html", b"<p>"), *((f"{p}.bin", ROWS[p]) for p in parts)]:
            content = bytes(content)
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def made(monkeypatch, key, array):
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    source = replace(module.SOURCES[key], digest=digest, shape=array.shape)
    monkeypatch.setitem(module.SOURCES, key, source)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder in the place of the downloads, for files of these few pictures."""
    for name, array in (("images-idx3", CLOTHES), ("labels-idx1", KINDS)):
        made(monkeypatch, f"fashion-mnist/train-{name}-ubyte.gz", array)
    for part, rows in ROWS.items():
        made(monkeypatch, f"cifar-10/{part}.bin", rows)
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    for name in ("fashion-mnist", "cifar-10"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def network(folder, monkeypatch):
    """An empty cache, and a network that answers with what `bodies` holds, in this order."""
    monkeypatch.delenv("LDYN_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setattr(module, "FIRST_WAIT", 0.0)
    bodies, asked = [archive()], []

    def opener(url, timeout):
        asked.append(url)
        return io.BytesIO(bodies[min(len(asked), len(bodies)) - 1])

    monkeypatch.setattr(module.urllib.request, "urlopen", opener)
    return bodies, asked


def assert_train(photographs):
    rows = np.concatenate([ROWS[part] for part in PARTS[:5]])
    assert photographs.images.shape == (10, 3, 32, 32)
    assert photographs.images.dtype == torch.uint8
    # Byte 1 + 1024 c + 32 i + j of a row is colour c of pixel (i, j).
    colour = photographs.images[3, 1, 7, 5].item()
    assert colour == rows[3, 1 + 1024 + 32 * 7 + 5]
    assert np.array_equal(photographs.images.reshape(10, -1).numpy(), rows[:, 1:])
    assert photographs.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert photographs.labels.dtype == torch.long


@pytest.mark.parametrize(
    ("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)]
)
def test_clothes_come_in_order_however_they_are_compressed(folder, suffix, pack):
    for name, array in (("images-idx3", CLOTHES), ("labels-idx1", KINDS)):
        path = folder / f"fashion-mnist/train-{name}-ubyte{suffix}"
        path.write_bytes(pack(encoded(array)))
    clothes = data.fashion_mnist()
    assert np.array_equal(clothes.images.numpy(), CLOTHES)
    assert clothes.labels.tolist() == KINDS.tolist()
    assert [clothes.names[k] for k in clothes.labels[:2]] == ["ankle boot", "T-shirt/top"]
    with pytest.raises(data.DataError, match=r"t10k-images.*cannot be read"):
        data.fashion_mnist(train=False)


@pytest.mark.parametrize("packed", ["bin", "bin.gz", "bin.xz", "archive"])
def test_photographs_come_in_the_order_of_the_batches(folder, packed):
    pack = {"bin": bytes, "bin.gz": gzip.compress, "bin.xz": lzma.compress}
    if packed == "archive":
        (folder / "cifar-10" / ARCHIVE).write_bytes(archive(PARTS[::-1]))
    else:
        for part, rows in ROWS.items():
            content = pack[packed](rows.tobytes())
            (folder / f"cifar-10/{part}.{packed}").write_bytes(content)
    assert_train(data.cifar10())
    test = data.cifar10(train=False)
    assert test.labels.tolist() == [5, 9]
    assert test.names[9] == "truck"


def test_the_archive_is_downloaded_once_for_all_batches(network):
    _, asked = network
    assert_train(data.cifar10())
    data.cifar10(train=False)
    assert asked == [f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"]
    kept = data.cache_folder() / "cifar-10"
    assert [path.name for path in kept.iterdir()] == [ARCHIVE]


def test_a_truncated_archive_is_replaced_by_the_next_address(network):
    bodies, asked = network
    bodies[:] = [archive()[:4000], archive()]
    assert_train(data.cifar10())
    assert asked == list(module.SOURCES["cifar-10/test_batch.bin"].urls[:2])


def test_an_archive_that_ends_after_some_batches_is_downloaded_again(network):
    bodies, asked = network
    whole = archive()
    # Uncompressed, a member is 512 bytes of header and 13 blocks: this ends in the third batch.
    bodies[:] = [whole[: 2 * 512 + 2 * 14 * 512 + 4000], whole]
    assert_train(data.cifar10())
    assert len(asked) == 2
    assert (data.cache_folder() / "cifar-10" / ARCHIVE).read_bytes() == whole


@pytest.mark.parametrize(
    "body",
    [archive(PARTS[1:]), archive(top="elsewhere"), archive(top="../cifar-10-batches-bin"), b"<p>"],
    ids=["no such member", "another folder", "out of the folder", "a web page"],
)
def test_an_archive_without_the_batch_is_refused_and_nothing_is_written(network, body, folder):
    bodies, asked = network
    bodies[:] = [body]
    with pytest.raises(data.DataError, match=r"could not download cifar-10/data_batch_1\.bin"):
        data.cifar10()
    assert len(asked) == 3 * module.ATTEMPTS
    assert not (folder / "cache").exists()
    assert list(folder.rglob("*.bin")) == []


def test_a_member_that_is_a_link_or_other_content_is_refused(network):
    bodies, _ = network
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    bodies[:] = [out.getvalue()]
    with pytest.raises(data.DataError, match="the archive has no file"):
        data.cifar10(train=False)
    kept, ROWS["test_batch"] = ROWS["test_batch"], ROWS["test_batch"] + 1
    try:
        bodies[:] = [archive()]
        with pytest.raises(data.DataError, match="differs from the published"):
            data.cifar10(train=False)
    finally:
        ROWS["test_batch"] = kept


@pytest.mark.parametrize("size", [2 * 3073 - 1, 3073])
def test_a_batch_of_another_length_is_refused(folder, size):
    content = ROWS["test_batch"].tobytes()[:size]
    (folder / "cifar-10/test_batch.bin").write_bytes(content)
    with pytest.raises(data.DataError, match=r"test_batch\.bin is not used"):
        data.cifar10(train=False)


def test_without_any_copy_the_archive_is_asked_for(folder):
    with pytest.raises(data.DataError, match=rf"put https://www\.cs.*{ARCHIVE} there"):
        data.cifar10()
