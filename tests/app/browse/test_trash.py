import shutil
from pathlib import Path

import pytest

from app.browse.trash import move_to_trash, restore
from model.errors import DataError

from .keyboard import refuse


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "own games"
    for name in ("metadata/a.json", "video/a.mp4", "replay/video.mkv", "replay/replay.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def tree(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def clip(root: Path) -> list[Path]:
    return [root / "metadata" / "a.json", root / "video" / "a.mp4"]


def test_the_systems_trash_takes_what_it_can(root: Path, tmp_path: Path) -> None:
    trash = tmp_path / "trash"
    trash.mkdir()
    trashed = move_to_trash(root, clip(root), lambda path: shutil.move(path, trash))
    assert tree(trash) == {"a.json", "a.mp4"} and tree(root) == {"replay/video.mkv", "replay/replay.toml"}
    assert not trashed.restorable and trashed.moved == ()


def test_without_one_the_files_keep_their_names_in_a_folder(root: Path) -> None:
    before = tree(root)
    trashed = move_to_trash(root, clip(root), refuse)
    assert trashed.restorable
    assert tree(root) - before == {".trash/metadata/a.json", ".trash/video/a.mp4"} and len(tree(root)) == len(before)
    restore(trashed)
    assert tree(root) == before and (root / "video" / "a.mp4").read_text() == "video/a.mp4"


def test_a_folder_goes_and_comes_whole(root: Path) -> None:
    before = tree(root)
    trashed = move_to_trash(root, [root / "replay"], refuse)
    assert not (root / "replay").exists() and ".trash/replay/video.mkv" in tree(root)
    restore(trashed)
    assert tree(root) == before


def test_nothing_in_the_trash_is_ever_overwritten(root: Path) -> None:
    for text in ("one", "two", "three"):
        (root / "video" / "a.mp4").write_text(text)
        move_to_trash(root, [root / "video" / "a.mp4"], refuse)
    kept = [(root / ".trash" / place / "video" / "a.mp4").read_text() for place in ("", "2", "3")]
    assert kept == ["one", "two", "three"]


def test_what_the_system_gives_up_half_way_is_kept_beside(root: Path, tmp_path: Path) -> None:
    trash = tmp_path / "trash"
    trash.mkdir()

    def only_metadata(path: str) -> None:
        if path.endswith(".mp4"):
            raise OSError("full")
        shutil.move(path, trash)

    trashed = move_to_trash(root, clip(root), only_metadata)
    assert not trashed.restorable and [old.name for old, _ in trashed.moved] == ["a.mp4"]
    assert (root / ".trash" / "video" / "a.mp4").exists() and (trash / "a.json").exists()


def test_files_that_are_gone_are_said(root: Path) -> None:
    (root / "video" / "a.mp4").unlink()
    before = tree(root)
    with pytest.raises(DataError, match=r"a\.mp4: is not there any more"):
        move_to_trash(root, clip(root), refuse)
    assert tree(root) == before


def test_a_move_that_fails_is_taken_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rename = tree(root), Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self == root / "video" / "a.mp4":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(DataError, match="Permission denied"):
        move_to_trash(root, clip(root), refuse)
    assert tree(root) == before


def test_a_place_that_was_taken_since_is_not_overwritten(root: Path) -> None:
    trashed = move_to_trash(root, clip(root), refuse)
    (root / "video" / "a.mp4").write_text("new")
    with pytest.raises(DataError, match="move it by hand"):
        restore(trashed)
    assert (root / "video" / "a.mp4").read_text() == "new" and (root / ".trash" / "metadata" / "a.json").exists()
