"""Published weights on disk: what is read, and what each kind of damage is answered with."""

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from model.errors import RunError
from model.wan_files import read_wan, wan_files

INDEX = "diffusion_pytorch_model.safetensors.index.json"
SHARDS = ("diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors")
TENSORS = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(4, dtype=torch.bfloat16), "c": torch.zeros(1).half()}


def write_shards(folder: Path, where: dict[str, object] | None = None) -> Path:
    """Two shards and their index, or an index that says `where` instead."""
    save_file({"a": TENSORS["a"], "c": TENSORS["c"]}, folder / SHARDS[0])
    save_file({"b": TENSORS["b"]}, folder / SHARDS[1])
    true = {"a": SHARDS[0], "b": SHARDS[1], "c": SHARDS[0]}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": true if where is None else where}))
    return folder / INDEX


def same(found: dict[str, Tensor]) -> bool:
    return found.keys() == TENSORS.keys() and all(
        torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in TENSORS.items()
    )


def refused(path: Path, *words: str) -> None:
    with pytest.raises(RunError) as caught:
        read_wan(path)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 1000 and all(word in message for word in words), message


def test_a_file_and_the_folder_around_it(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "Wan2.1_VAE.pth").write_bytes(b"a pickle that lies beside it is not looked at")
    assert same(read_wan(path)) and same(read_wan(tmp_path))
    assert wan_files(tmp_path) == (path,)


def test_shards_by_index_and_by_folder(tmp_path: Path) -> None:
    index = write_shards(tmp_path)
    save_file({"other": torch.zeros(1)}, tmp_path / "unrelated.safetensors")
    assert same(read_wan(index)) and same(read_wan(tmp_path))
    assert wan_files(tmp_path) == tuple(tmp_path / name for name in SHARDS)


def test_links_into_a_store_are_followed(tmp_path: Path) -> None:
    """As downloads from the hub lie on disk: a folder of links to files that are named by their hashes."""
    store, folder = tmp_path / "blobs", tmp_path / "snapshot"
    store.mkdir()
    folder.mkdir()
    write_shards(store)
    for name in (INDEX, *SHARDS):
        (folder / name).symlink_to(store / name)
    assert same(read_wan(folder))


@pytest.mark.parametrize(
    "place",
    ["../outside.safetensors", "/tmp/outside.safetensors", "deeper/x.safetensors", r"..\outside.safetensors", "..",
     "x.pth", "", "a\0.safetensors", "\ud800.safetensors", "x" * 5000 + ".safetensors", None, 3, [SHARDS[0]]],
)  # fmt: skip
def test_an_index_leads_nowhere_but_beside_itself(tmp_path: Path, place: object) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    save_file(TENSORS, tmp_path / "outside.safetensors")
    refused(write_shards(folder, {"a": place}), INDEX, "no safetensors file beside it")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"weight_map": {}}', '{"weight_map": ["a"]}', "\udcff", "[" * 100_000]
)
def test_a_broken_index_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_bytes(text.encode(errors="surrogateescape"))
    refused(tmp_path, INDEX, "download it again")


def test_an_index_and_its_shards_agree(tmp_path: Path) -> None:
    refused(write_shards(tmp_path, {"a": SHARDS[0], "b": SHARDS[1]}), SHARDS[0], "about 'c'")
    refused(write_shards(tmp_path, {"a": SHARDS[0], "c": SHARDS[0], "b": SHARDS[1], "d": SHARDS[1]}), "about 'd'")
    index = write_shards(tmp_path)
    (tmp_path / SHARDS[1]).unlink()
    refused(index, SHARDS[1], "no such file")


@pytest.mark.parametrize("kept", [0, 4, 8, 60, -1])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path)
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, "model.safetensors", "no readable safetensors file")


class _Trap:
    """A pickle that notices when it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("opened"),)


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt", "model.pth", "pytorch_model.bin", "model"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, zipped: bool) -> None:
    monkeypatch.chdir(tmp_path)
    if zipped:
        torch.save({"a": _Trap()}, name)
    else:
        Path(name).write_bytes(pickle.dumps(_Trap()))
    refused(tmp_path / name, name, "safetensors")
    assert not Path("opened").exists()


def test_a_header_that_lies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for header in (
        b'{"a":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4000000000]}}',
        b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}',
    ):
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
        refused(path, "no readable safetensors file")
    path.write_bytes(struct.pack("<Q", 2**62) + bytes(100))
    refused(path, "no readable safetensors file")


def test_what_is_not_there_or_not_clear(tmp_path: Path) -> None:
    refused(tmp_path / "gone.safetensors", "no such file")
    refused(tmp_path / f"gone{INDEX}", "not readable")
    refused(tmp_path, "holds 0 safetensors files")
    refused(tmp_path / ("x" * 5000), "not readable")
    for name in ("one", "two"):
        save_file(TENSORS, tmp_path / f"{name}.safetensors")
    refused(tmp_path, "holds 2 safetensors files")
    for name in ("one", "two"):
        (tmp_path / f"{name}.safetensors.index.json").write_text("{}")
    refused(tmp_path, "holds 2 indexes")
