"""What an export may replace, and what it must leave alone."""

from pathlib import Path

import numpy as np
import pytest

from model.errors import RunError
from model.world_spec import read_scenes
from training import export
from training.export import SceneSource

from ..tiny_world import make_tiny_world


def _content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _scene(name: str) -> SceneSource:
    return SceneSource(name=name, title="A scene", picture=np.zeros((4, 6, 3), np.uint8))


@pytest.mark.parametrize("name", ["../escape", "a/b", "", "Upper", "a.b", "/root", "a\n"])
def test_a_scene_name_cannot_leave_the_folder(name: str) -> None:
    with pytest.raises(RunError, match="cannot be a file name"):
        export._check_scenes([_scene(name)])


def test_scenes_are_there_and_differ() -> None:
    with pytest.raises(RunError, match="no scene"):
        export._check_scenes([])
    with pytest.raises(RunError, match="two scenes are called 'a'"):
        export._check_scenes([_scene("a"), _scene("b"), _scene("a")])


def test_what_lies_beside_a_world_survives(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    (folder / "training").mkdir(parents=True)
    for name in ("about.toml", "README.md", "training/log.jsonl"):
        (folder / name).write_text(name)
    make_tiny_world(folder)
    (folder / "scenes" / "stale.png").write_bytes(b"")
    (folder / "extra").mkdir()
    make_tiny_world(folder)
    for name in ("about.toml", "README.md", "training/log.jsonl"):
        assert (folder / name).read_text() == name
    assert (folder / "extra").is_dir() and not (folder / "scenes" / "stale.png").exists()
    assert [scene.name for scene in read_scenes(folder)] == ["one", "two"]
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_a_folder_that_is_no_world_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "holiday.png").write_bytes(b"mine")
    before = _content(tmp_path)
    with pytest.raises(RunError, match=r"holds scenes but no world\.toml"):
        make_tiny_world(tmp_path)
    assert _content(tmp_path) == before
    with pytest.raises(RunError, match="is a file"):
        make_tiny_world(tmp_path / "scenes" / "holiday.png")


@pytest.mark.parametrize("failing", range(8))
def test_an_interrupted_export_leaves_the_old_world(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny_world(tmp_path / "world")
    before = _content(folder)
    rename, calls = Path.rename, iter(range(100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(calls) == failing:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_tiny_world(folder)
    assert _content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["world"]
