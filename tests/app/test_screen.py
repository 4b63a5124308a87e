"""What SDL says of the display, whatever it says."""

import ctypes
import os
from typing import Any

import pygame
import pytest

from app.screen import USUAL_RATE, Screen, ScreenFinder
from app.window import DisplayError, open_window


class Entry:
    """A function of a library, to which types can be given."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __call__(self, *words: Any) -> Any:
        return self._call(*words)


class FakeSdl:
    """A library that knows displays of these rates, a window on the last of them, and how pictures are put there.

    A driver that is `stubborn` goes on as it began.
    """

    def __init__(self, rates: list[int], interval: int, window: int | None = 1, *, stubborn: bool = False) -> None:
        self.interval = interval

        def choose(interval: int) -> int:
            self.interval = self.interval if stubborn else interval
            return -1 if stubborn else 0

        def mode(index: int, pointer: Any) -> int:
            pointer._obj.rate = rates[index]
            return 0

        self.SDL_GL_GetCurrentWindow = Entry(lambda: window)
        self.SDL_GetWindowDisplayIndex = Entry(lambda pointer: len(rates) - 1 if pointer else -1)
        self.SDL_GetCurrentDisplayMode = Entry(mode)
        self.SDL_GL_GetSwapInterval = Entry(lambda: self.interval)
        self.SDL_GL_SetSwapInterval = Entry(choose)


def found(monkeypatch: pytest.MonkeyPatch, library: Any) -> Screen:
    monkeypatch.setattr(ctypes, "CDLL", library)
    return ScreenFinder().find()


@pytest.mark.parametrize("rate", [30, 60, 144])
def test_the_display_that_the_window_is_on_tells_its_rate(monkeypatch: pytest.MonkeyPatch, rate: int) -> None:
    assert found(monkeypatch, lambda name: FakeSdl([75, rate], 0)) == Screen(float(rate), waits=False)


@pytest.mark.parametrize("interval", [1, -1])  # -1: waits unless the picture is late
def test_it_tells_whether_pictures_wait(monkeypatch: pytest.MonkeyPatch, interval: int) -> None:
    assert found(monkeypatch, lambda name: FakeSdl([144], interval)).waits


@pytest.mark.parametrize("before", [-1, 0, 1])
def test_pictures_wait_or_not_from_now_on_where_the_driver_lets_one_choose(
    monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeSdl([60], before))
    finder = ScreenFinder()
    for waits in (True, False, False, True):
        assert finder.wait(waits) and finder.find().waits == waits
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeSdl([60], int(before != 0), stubborn=True))
    finder = ScreenFinder()
    assert not finder.wait(before == 0) and finder.find().waits == (before != 0)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not ScreenFinder().wait(True)


def test_one_that_tells_nothing_is_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, lambda name: FakeSdl([0], 0)).rate == USUAL_RATE
    assert found(monkeypatch, lambda name: FakeSdl([144], 0, window=None)).rate == USUAL_RATE

    def missing(name: str) -> None:
        raise OSError(name)

    assert found(monkeypatch, missing) == Screen()
    assert found(monkeypatch, lambda name: object()) == Screen()


def test_the_library_that_is_loaded_answers() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        pygame.display.init()
        pygame.display.set_mode((64, 64))
        finder = ScreenFinder()
        assert finder._sdl is not None and finder.find().rate > 0
        pygame.display.quit()


def test_windows_is_told_that_pixels_are_pixels_before_there_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    def init() -> None:
        told.append(os.environ.get("SDL_WINDOWS_DPI_AWARENESS"))
        raise pygame.error("no display")

    monkeypatch.delenv("SDL_WINDOWS_DPI_AWARENESS", raising=False)
    monkeypatch.setenv("DISPLAY", ":1")
    monkeypatch.setattr(pygame.display, "init", init)
    with pytest.raises(DisplayError), open_window((0, 0), "nothing"):
        pass
    os.environ.pop("SDL_WINDOWS_DPI_AWARENESS")
    assert told == ["permonitorv2"]
