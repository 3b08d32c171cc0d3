"""The files of data sets: their addresses, their formats, and what they must hold."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ldyn.data.formats import PAIR_SETS, idx, pairs, png, records


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file: where it is published, how its payload decodes, and what that must be.

    Fields: `urls` in the order in which they are tried; `decode` the uncompressed payload to an
    array, of `shape` and with SHA-256 `digest`, so that the same pictures or numbers pass
    however they were compressed; `member` the file's path where the addresses are of an archive.
    """

    urls: tuple[str, ...]
    digest: str
    shape: tuple[int, ...]
    decode: Callable[[bytes], np.ndarray]
    member: str = ""


_CONES = "https://vision.middlebury.edu/stereo/data/scenes2003/newdata/cones/"
_ADDRESSES = {
    # The Internet Archive's id_ gives a file as it was published.
    "middlebury-2003": (_CONES, "https://web.archive.org/web/2022id_/" + _CONES),
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",  # the first publisher, who mostly refuses today
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    "cifar-10": (
        "https://www.cs.toronto.edu/~kriz/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
    ),
}
# A commit of the repository of Tagasovska et al.; the real pairs' own home goes before it.
_BQCD = "0e6eefefc46f1abcd876fe34751e18fbd9d23ef8"
_BQCD_URLS = (
    f"https://github.com/tagas/bQCD/archive/{_BQCD}.zip",
    f"https://codeload.github.com/tagas/bQCD/zip/{_BQCD}",
)
_TUEBINGEN = ("https://webdav.tuebingen.mpg.de/cause-effect/pairs.zip",)


def _urls(folder: str, file: str) -> tuple[str, ...]:
    return tuple(address + file for address in _ADDRESSES[folder])


def _cones(file: str, shape: tuple[int, ...], digest: str) -> dict[str, Source]:
    urls = _urls("middlebury-2003", file)
    return {f"middlebury-2003/{file}": Source(urls=urls, digest=digest, shape=shape, decode=png)}


def _idx_files(folder: str, digests: dict[str, str]) -> dict[str, Source]:
    found = {}
    for part, digest in digests.items():
        count = 60_000 if part.startswith("train") else 10_000
        shape = (count, 28, 28) if "images" in part else (count,)
        file = f"{part}-ubyte.gz"
        urls = _urls(folder, file)
        found[f"{folder}/{file}"] = Source(urls=urls, digest=digest, shape=shape, decode=idx)
    return found


def _cifar_files(digests: dict[str, str]) -> dict[str, Source]:
    return {
        f"cifar-10/{part}.bin": Source(
            urls=_urls("cifar-10", "cifar-10-binary.tar.gz"),
            digest=digest,
            shape=(10_000, 3073),
            decode=records,
            member=f"cifar-10-batches-bin/{part}.bin",
        )
        for part, digest in digests.items()
    }


def _pair_files(digests: dict[str, tuple[int, str]]) -> dict[str, Source]:
    return {
        f"pairs/{name}.npz": Source(
            urls=(_TUEBINGEN if name == "tuebingen" else ()) + _BQCD_URLS,
            digest=digest,
            shape=(rows, 5),
            decode=partial(pairs, folder=PAIR_SETS[name]),
            member=f"data/{PAIR_SETS[name]}",
        )
        for name, (rows, digest) in digests.items()
    }


# Names are paths below LDYN_DATA.
SOURCES = {
    **_cones(
        "disp2.png",
        (375, 450),
        "aab8a5299141937786ee7a0c2d0739e9591cb428696d37b663371fd54334a6ba",
    ),
    **_cones(
        "im2.png",
        (375, 450, 3),
        "5ca5dd3e4be81a47a51d00a11fcba6f9fd6702026fecd2ddad3544f730e73bbe",
    ),
    **_idx_files(
        "mnist",
        {
            "train-images-idx3": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "train-labels-idx1": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "t10k-images-idx3": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "t10k-labels-idx1": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        },
    ),
    **_idx_files(
        "fashion-mnist",
        {
            "train-images-idx3": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
            "train-labels-idx1": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
            "t10k-images-idx3": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
            "t10k-labels-idx1": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        },
    ),
    **_cifar_files(
        {
            "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
        }
    ),
    **_pair_files(
        {
            "AN": (100_000, "c92c1e53b88f181da969ed9dfb82f3831769912ad990cdb503e4d7ae406a0df5"),
            "LS": (100_000, "ba9bd895469471b0f21e534a94850cffc1b43da8a1e8b8a8c42b11b078565fbd"),
            "SIM": (100_000, "67a9225e00125380e56d516553960e2b705fa0e6c36d594cb582ab7f4616b4f3"),
            "SIM-c": (100_000, "cbdd5d022b752ac8bbac1052aff2e0b8f134032e6d3b8b824f76e1c97bbcad74"),
            "tuebingen": (
                201_881,
                "1914383efb23635e2b836f9e1a491cee227b7e3c814571c7d3e3d7abc8d58e2d",
            ),
        }
    ),
}
