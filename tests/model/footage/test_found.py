from pathlib import Path

import pytest

from model.errors import DataError
from model.footage.found import named_files


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_files_of_all_folders_have_names_of_their_own(tmp_path: Path) -> None:
    wanted = {
        "a b": touch(tmp_path / "a b.mp4"),
        "wald__früh__1": touch(tmp_path / "wald" / "früh" / "1.MP4"),
        "wald__zwei.mal": touch(tmp_path / "wald" / "zwei.mal.mp4"),
        "z": touch(tmp_path / "z.mkv"),
    }
    for passed_over in (".a.mp4", ".trash/b.mp4", "wald/log.jsonl", "mp4"):
        touch(tmp_path / passed_over)
    (tmp_path / "folder.mp4").mkdir()
    found = named_files(tmp_path, ".mp4", ".mkv")
    assert found == wanted and list(found) == sorted(wanted)


@pytest.mark.parametrize("second", ["a.mkv", "a.MP4", "x__a.mp4"])
def test_two_files_of_one_name_are_refused(second: str, tmp_path: Path) -> None:
    touch(tmp_path / ("x/a.mp4" if second.startswith("x") else "a.mp4"))
    touch(tmp_path / second)
    with pytest.raises(DataError, match=r"makes a clip of the same name, .*a; rename one of them"):
        named_files(tmp_path, ".mp4", ".mkv")


def test_links_may_not_lead_out_and_folders_that_are_links_are_passed_over(tmp_path: Path) -> None:
    outside = touch(tmp_path / "outside" / "secret.mp4")
    root = tmp_path / "in"
    touch(root / "real.mp4")
    (root / "link.mp4").symlink_to("real.mp4")
    (root / "folder").symlink_to(outside.parent)
    (root / "circle").symlink_to(root)
    assert set(named_files(root, ".mp4")) == {"link", "real"}
    (root / "far.mp4").symlink_to(outside)
    with pytest.raises(DataError, match=r"far\.mp4: leads out of"):
        named_files(root, ".mp4")


def test_names_that_no_screen_can_show_and_missing_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        named_files(tmp_path / "nowhere", ".mp4")
    touch(tmp_path / "two\nlines.mp4")
    with pytest.raises(DataError, match=r"'two\\nlines' is no name") as caught:
        named_files(tmp_path, ".mp4")
    assert "\n" not in str(caught.value)
