from pathlib import Path

import pytest

from app.preferences import Preferences
from app.settings import HandsSettings, PictureSettings, Settings, load_settings
from model.errors import RunError

from .fakes import FakeClock


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
    again = load_settings(path)
    assert again.settings == preferences.settings and again.kept["future"] == "kept"


def test_the_same_settings_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    preferences = Preferences(load_settings(path), path)
    preferences.change(picture=PictureSettings())
    preferences.save()
    assert preferences.due is None and not path.exists()


def test_a_file_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "settings.toml"
    preferences = Preferences(load_settings(path), path)
    preferences.change(picture=PictureSettings(filter="pixels"))
    with pytest.raises(RunError, match="could not be written"):
        preferences.save()
    preferences.save()
    assert preferences.settings.picture.filter == "pixels"
