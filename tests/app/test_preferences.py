import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from app.preferences import Preferences
from app.settings import HandsSettings, Loaded, PictureSettings, Settings, load_settings
from model.errors import RunError

from .fakes import FakeClock
from .held_disk import PATIENCE, HeldDisk


def test_changes_are_heard_at_once_and_written_when_it_is_quiet(tmp_path: Path) -> None:
    path, clock = tmp_path / "settings.toml", FakeClock()
    path.write_text('version = 1\nfuture = "kept"\n[hands]\ninvert = true\n')
    preferences = Preferences(load_settings(path), path, clock)
    assert len(preferences.take_notes()) == 1 and preferences.take_notes() == ()
    heard: list[tuple[Settings, Settings]] = []
    preferences.listeners.append(lambda before, now: heard.append((before, now)))

    preferences.change(picture=PictureSettings(filter="pixels"))
    assert [(before.picture.filter, now.picture.filter) for before, now in heard] == [("edges", "pixels")]
    clock.advance(0.4)
    preferences.change(hands=HandsSettings(mouse_degrees=0.5))
    clock.advance(0.4)
    preferences.tick()
    assert "pixels" not in path.read_text(), "still being changed"
    clock.advance(0.4)
    preferences.tick()
    assert preferences.due is None
    preferences.save()
    again = load_settings(path)
    assert again.settings == preferences.settings and "'future'" in again.notes[0]


def test_play_goes_on_while_a_disk_is_slow_and_the_newest_settings_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock, disk = tmp_path / "settings.toml", FakeClock(), HeldDisk(monkeypatch)
    preferences = Preferences(Loaded(Settings()), path, clock)
    for degrees in (0.2, 0.3, 0.4):
        preferences.change(hands=HandsSettings(mouse_degrees=degrees))
        clock.advance(1.0)
        preferences.tick()  # would hang here
        assert disk.reached.wait(PATIENCE) and preferences.due is None, "nothing to do before the disk is done"
    assert not path.exists()
    disk.free.set()
    preferences.save()
    assert preferences.due is None and load_settings(path).settings.hands.mouse_degrees == 0.4
    assert list(tmp_path.iterdir()) == [path]


def test_what_another_thread_could_not_write_is_said_once_where_one_plays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clock = FakeClock()
    preferences = Preferences(Loaded(Settings()), tmp_path / "file" / "settings.toml", clock)
    preferences.change(picture=PictureSettings(filter="pixels"))
    clock.advance(1.0)
    preferences.tick()
    end = time.perf_counter() + PATIENCE
    with pytest.raises(RunError, match="could not be written"):
        while time.perf_counter() < end:
            preferences.tick()
    preferences.tick()
    preferences.save()


def test_the_same_settings_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    preferences = Preferences(load_settings(path), path)
    preferences.change(picture=PictureSettings())
    preferences.save()
    assert preferences.due is None and not path.exists()


def test_what_cannot_be_written_at_the_end_is_said_once_on_stderr_and_where_the_next_window_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "settings.toml"
    preferences = Preferences(Loaded(Settings()), path)
    preferences.change(picture=PictureSettings(filter="pixels"))
    preferences.save()
    preferences.save()
    barred = "its folder has to be one that you may write to, and no other program may hold the file open"
    said = f"{path}: could not be written (File exists); {barred}"
    assert capsys.readouterr().err == f"warning: {said}\n"
    assert preferences.take_notes() == (said,) and preferences.take_notes() == ()
    assert preferences.settings.picture.filter == "pixels"


def test_what_cannot_be_written_before_anybody_took_the_notes_joins_them(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    preferences = Preferences(Loaded(Settings(), ("odd is unknown",)), tmp_path / "file" / "settings.toml")
    preferences.change(picture=PictureSettings(filter="pixels"))
    preferences.save()
    first, second = preferences.take_notes()
    assert first == "odd is unknown" and "could not be written (File exists)" in second


def test_what_a_full_disk_did_not_take_is_written_with_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.toml"
    preferences = Preferences(Loaded(Settings()), path)

    def full(_: int) -> NoReturn:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        preferences.change(picture=PictureSettings(filter="pixels"))
        preferences.save()
    full_words = "could not be written (No space left on device); make room on the disk"
    assert capsys.readouterr().err == f"warning: {path}: {full_words}\n" and not path.exists()
    preferences.change(hands=HandsSettings(invert=True))
    preferences.save()
    assert load_settings(path).settings == preferences.settings and capsys.readouterr().err == ""


def forbid_reading(path: Path, **how: object) -> NoReturn:  # the tests may run as root, who may read anything
    raise PermissionError(13, "Permission denied")


def forbid_renaming(path: Path, target: Path) -> NoReturn:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("method", "stand_in", "text", "why"),
    [
        ("read_text", forbid_reading, "version = 1\n[hands]\ninvert = true\n", "Permission denied"),
        ("replace", forbid_renaming, "= 3", "Input/output error"),
    ],
)
def test_settings_that_cannot_be_read_are_left_as_they_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    stand_in: Callable[..., NoReturn],
    text: str,
    why: str,
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with monkeypatch.context() as patch:
        patch.setattr(Path, method, stand_in)
        preferences = Preferences(load_settings(path), path)
    (note,) = preferences.take_notes()
    assert f"({why}), defaults are used; the file is left as it is" in note and "nothing that is chosen is kept" in note
    preferences.change(picture=PictureSettings(filter="pixels"))
    preferences.save()
    assert preferences.due is None and preferences.settings.picture.filter == "pixels", "it counts while one plays"
    assert path.read_text() == text and list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_settings_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.mkdir()
    preferences = Preferences(load_settings(path), path)
    assert "cannot be read (Is a directory)" in preferences.take_notes()[0]
    preferences.change(hands=HandsSettings(invert=True))
    preferences.save()
    assert path.is_dir() and not list(path.iterdir())


def test_what_follows_a_file_that_was_set_aside_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("= 3")
    preferences = Preferences(load_settings(path), path)
    preferences.change(hands=HandsSettings(invert=True))
    preferences.save()
    assert load_settings(path).settings.hands.invert and (tmp_path / "settings.toml.broken").read_text() == "= 3"
