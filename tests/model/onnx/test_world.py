"""Worlds play where torch is not installed, if they were exported before."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import WorldError
from model.onnx.files import FILES, cache_folder, find_export
from model.onnx.world import load_onnx_world
from model.world_spec import bundled_worlds, world_hash

ROOT = Path(__file__).resolve().parents[3]


def play_without_torch(*words: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run `arvd-play` in a process in which torch cannot be imported."""
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from app.play import main\n"
        "left = main(sys.argv[1:])\n"
        "assert not [name for name in sys.modules if name.startswith('torch.')]\n"
        "sys.exit(left)"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("runtime", ["auto", "onnx"])
def test_the_player_plays_and_records(exported: Path, tmp_path: Path, runtime: str) -> None:
    done = play_without_torch(
        *("--world", str(exported), "--headless", "--frames", "5", "--runtime", runtime),
        *("--record", str(tmp_path / "replays"), "--out", str(tmp_path / "walk.npz")),
        *("--report", str(tmp_path / "report.json")),
        cache=tmp_path / "cache",
    )
    assert done.returncode == 0, done.stderr
    assert '"runtime": "onnx float32"' in (tmp_path / "report.json").read_text()
    assert (tmp_path / "walk.npz").is_file()
    assert not list((tmp_path / "cache").rglob("*.db")), "ONNX Runtime keeps a diary of what it is used for"
    (replay,) = (tmp_path / "replays").iterdir()
    words = ("--replay", str(replay), "--regenerate", "--runtime", runtime, "--world", str(exported))
    again = play_without_torch(*words, cache=tmp_path / "cache")
    assert again.returncode == 0 and "5" in again.stdout, again.stderr + again.stdout


def test_the_bundled_worlds_come_with_their_graphs() -> None:
    for folder in bundled_worlds().values():
        export = find_export(folder, world_hash(folder), "onnx")
        assert export is not None and export.folder == folder / "onnx", "run arvd-train export-onnx on it"


def test_without_graphs_and_torch_one_sentence_says_so(tiny_world: Path, tmp_path: Path) -> None:
    done = play_without_torch("--world", str(tiny_world), "--headless", "--frames", "1", cache=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "holds no ONNX graphs" in done.stderr and "install torch" in done.stderr


@pytest.mark.usefixtures("traced_before")
def test_a_world_without_graphs_is_exported_once(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    world = load_onnx_world(str(tiny_world))
    assert world.device == "cpu" and world.machine.torch.startswith("onnxruntime ")
    place = cache_folder(world.hash, "onnx")
    made = {name: (place / name).stat().st_mtime_ns for name in FILES}
    load_onnx_world(str(tiny_world))
    assert made == {name: (place / name).stat().st_mtime_ns for name in FILES}
    (place / "one.onnx").write_bytes(b"")
    assert find_export(tiny_world, world.hash, "onnx") is None


@pytest.mark.parametrize(
    "name", [*(f"onnx/{name}" for name in FILES), "generator.safetensors", "autoencoder.safetensors"]
)
def test_damaged_files_are_named(exported: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "copy"))
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(WorldError, match=name):
        load_onnx_world(str(folder))
    path.unlink()
    with pytest.raises(WorldError, match=name):
        load_onnx_world(str(folder))


def test_arguments_that_cannot_be_are_refused(exported: Path) -> None:
    world = load_onnx_world(str(exported))
    for wrong in ({"scene": "nowhere"}, {"steps": 3}):
        with pytest.raises(WorldError):
            world.start(**wrong)  # type: ignore[arg-type] # that is the point
    with pytest.raises(WorldError, match="onnxruntime-gpu"):
        load_onnx_world(str(exported), device="cuda")
