"""When events arrived, by the library that is loaded."""

import ctypes
import time
from collections.abc import Iterator

import pygame
import pytest

from app.arrival import Arrivals


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.display.set_mode((64, 64))
    pygame.event.get()
    yield
    pygame.display.quit()


def push(kind: int) -> tuple[float, float]:
    """Put an event into the queue as the library itself does; returns the times between which that was."""
    event = (ctypes.c_uint32 * 32)(kind)
    before = time.perf_counter()
    assert ctypes.CDLL(pygame.base.__file__).SDL_PushEvent(ctypes.byref(event)) == 1
    return before, time.perf_counter()


def test_what_waits_in_the_queue_arrived_when_it_was_put_there() -> None:
    arrivals = Arrivals()
    assert arrivals.oldest() is None
    before, after = push(pygame.MOUSEMOTION)
    time.sleep(0.05)
    push(pygame.KEYDOWN)
    for _ in range(2):  # it is looked at, not taken
        arrived = arrivals.oldest()
        assert arrived is not None and before - 0.001 <= arrived <= after + 0.001, "the library counts milliseconds"
    assert [event.type for event in pygame.event.get() if event.type in (pygame.MOUSEMOTION, pygame.KEYDOWN)] == [
        pygame.MOUSEMOTION,
        pygame.KEYDOWN,
    ]
    assert arrivals.oldest() is None


def test_what_no_hand_did_is_no_input() -> None:
    pygame.event.post(pygame.event.Event(pygame.USEREVENT + 1))
    push(pygame.QUIT)
    assert Arrivals().oldest() is None


@pytest.mark.parametrize("library", [object(), OSError("no library")])
def test_where_nobody_answers_nothing_is_known(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    def load(name: str) -> object:
        if isinstance(library, OSError):
            raise library
        return library

    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", load)
        arrivals = Arrivals()
    push(pygame.KEYDOWN)
    assert arrivals.oldest() is None
