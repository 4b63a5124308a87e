"""What `world.toml` says of sizes is believed no further than the weights and this machine's memory bear it out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from model import room, weights
from model.errors import WorldError
from model.onnx.world import load_onnx_world
from model.world import load_world, read_autoencoder, read_transformer
from model.world_spec import WorldSpec, bundled_worlds, read_spec

LARGE = {"width = 48": "width = 4096", "height = 32": "height = 4096", "rows = 4": "rows = 512"}
LARGE |= {"columns = 6": "columns = 512", "window = 3": "window = 1024"}


def edited(world: Path, folder: Path, changes: dict[str, str]) -> Path:
    shutil.copytree(world, folder)
    text = (folder / "world.toml").read_text()
    for old, new in changes.items():
        assert f"\n{old}\n" in text
        text = text.replace(f"\n{old}\n", f"\n{new}\n", 1)
    (folder / "world.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("part", "changes", "words"),
    [
        (read_transformer, {"columns = 6\nwidth = 32": "columns = 6\nwidth = 16384"}, r"generator.*not \(.*16384"),
        (read_transformer, {"depth = 2": "depth = 500"}, "generator.*is missing"),
        (read_transformer, {"depth = 2": "depth = 1"}, "generator.*is unknown"),
        (read_transformer, {"rows = 4": "rows = 65536", "columns = 6": "columns = 65536"}, "disagree"),
        (read_autoencoder, {"outer_width = 8": "outer_width = 4096"}, r"autoencoder.*not \(.*4096"),
    ],
)
def test_nothing_is_built_that_the_weights_are_not_for(
    tiny_world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: Callable[[Path, WorldSpec], object],
    changes: dict[str, str],
    words: str,
) -> None:
    folder = edited(tiny_world, tmp_path / "world", changes)
    monkeypatch.setattr(weights, "load_file", lambda path: pytest.fail("it is read, and then built"))
    with pytest.raises(WorldError, match=words):
        part(folder, read_spec(folder))


def test_a_memory_that_is_too_large_is_refused_in_a_sentence(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "memory_of_machine", lambda: 16 << 30)
    folder = edited(tiny_world, tmp_path / "world", LARGE)
    with pytest.raises(WorldError, match=r"GiB to remember 1025 frames of 4096x4096 in 2 layers of width 32") as caught:
        load_world(str(folder), device="cpu", runtime="eager-fp32")
    assert str(caught.value).isprintable()
    assert load_world(str(folder), device="cpu", runtime="eager-fp32", window=1).context_frames == 2


def test_onnx_worlds_are_bounded_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder,) = bundled_worlds().values()
    load_onnx_world(str(folder), device="cpu", threads=1)
    monkeypatch.setattr(room, "memory_of_machine", lambda: 16 << 20)
    with pytest.raises(WorldError, match=r"GiB to remember 9 frames of 160x96 in 8 layers of width 256"):
        load_onnx_world(str(folder), device="cpu", threads=1)
