"""What follows the settings at once where a person sits."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import cast

from app.preferences import Preferences
from app.seat import take_seat
from app.settings import Loaded, Settings
from app.window import Window


class FakeWindow:
    """A window whose driver may not let one choose whether pictures wait."""

    def __init__(self) -> None:
        self.waits, self.stubborn, self.asked = True, False, 0

    def wait_for_screen(self, waits: bool) -> bool:
        self.asked += 1
        self.waits = self.waits if self.stubborn else waits
        return self.waits == waits


def test_waiting_for_the_screen_is_chosen_at_once_or_it_is_said_when(tmp_path: Path) -> None:
    window, preferences = FakeWindow(), Preferences(Loaded(Settings()), tmp_path / "settings.toml")
    take_seat(cast(Window, window), threading.Event(), preferences)

    def choose(vsync: bool) -> None:
        preferences.change(picture=replace(preferences.settings.picture, vsync=vsync))

    choose(False)
    assert not window.waits and not preferences.vsync_later
    window.stubborn = True
    choose(True)
    assert not window.waits and preferences.vsync_later
    choose(False)
    assert not preferences.vsync_later, "what was asked for is what is"
    preferences.change(picture=replace(preferences.settings.picture, text_scale=2.0))
    assert window.asked == 3
