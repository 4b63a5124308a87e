"""Fixtures of the tests of the player: a screen, places that are nobody's, fonts."""

from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from .display import Desk, virtual_display
from .menu.hands import fonts as usable_fonts


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A screen under Xvfb, one for all tests of a module."""
    with virtual_display() as desk:
        yield desk


@pytest.fixture
def own_places(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, saves and pictures of programs on the screen apart from those of other tests."""
    folders = {"XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_PICTURES_DIR": "pictures"}
    for name, place in {"ARVD_SETTINGS": "settings.toml", **folders}.items():
        monkeypatch.setitem(desk.environment, name, str(tmp_path / place))
    monkeypatch.setitem(desk.environment, "PYGAME_HIDE_SUPPORT_PROMPT", "1")


@pytest.fixture
def fonts() -> Iterator[None]:
    """Let words be drawn, on no display."""
    with usable_fonts():
        yield


@pytest.fixture(scope="module")
def us_keyboard() -> Iterator[None]:
    """The library with a US keyboard: names need a video driver, not a display."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        pygame.display.init()
    yield
    pygame.display.quit()


@pytest.fixture
def strings(tmp_path: Path) -> Path:
    """Folder of the strings of a world that hangs on them (`tests/app/puppet.py`)."""
    folder = tmp_path / "strings"
    folder.mkdir()
    return folder
