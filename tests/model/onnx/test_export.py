"""An export is the world with graphs beside its weights."""

import json
import shutil
from pathlib import Path

import onnx
import pytest
from safetensors import safe_open

from model.onnx.export import export_world
from model.onnx.files import ABOUT, FILES, WEIGHTS_OF, find_export
from model.world_spec import world_hash


def test_graphs_hold_no_weights_and_nothing_of_whoever_made_them(exported: Path) -> None:
    for name in WEIGHTS_OF:
        graph = onnx.load(exported / "onnx" / f"{name}.onnx", load_external_data=False).graph
        largest = max((len(tensor.raw_data) for tensor in graph.initializer), default=0)
        assert largest < 2048, "weights stand in the safetensors"
        text = graph.SerializeToString().decode("latin1")
        assert str(Path.home()) not in text and "site-packages" not in text


def test_every_weight_of_the_world_has_its_place(exported: Path) -> None:
    sources = json.loads((exported / "onnx" / ABOUT).read_bytes())["sources"]
    used = {name: {part for one in parts.values() for part in one} for name, parts in sources.items()}
    for file, graphs in {"generator": ("two",), "autoencoder": ("encode", "decode")}.items():
        with safe_open(exported / f"{file}.safetensors", "pt") as weights:
            assert set(weights.keys()) == set().union(*(used[graph] for graph in graphs))


def test_an_export_changes_nothing_of_the_world(exported: Path, tiny_world: Path) -> None:
    assert world_hash(exported) == world_hash(tiny_world)
    export = find_export(exported, world_hash(exported), "onnx")
    assert export is not None and export.folder == exported / "onnx"
    assert {path.name for path in exported.iterdir()} == {path.name for path in tiny_world.iterdir()} | {"onnx"}


def test_graphs_of_another_world_are_not_taken(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "other"))
    with (folder / "world.toml").open("a") as file:
        file.write("# another\n")
    assert find_export(folder, world_hash(folder), "onnx") is None


@pytest.mark.usefixtures("traced_before")
def test_a_new_export_takes_the_place_of_the_old(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "copy"))
    (folder / "onnx" / "two.onnx").unlink()
    export_world(folder, folder / "onnx")
    assert find_export(folder, world_hash(folder), "onnx") is not None
    assert {path.name for path in (folder / "onnx").iterdir()} == {*FILES, "export.json"}
    assert not list(folder.glob(".making-*"))
