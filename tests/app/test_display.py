"""What is counted of the pictures that are drawn, by a display that draws nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.display import Display
from app.handover import Frame
from app.hands import Hands
from app.overlays import Counts, Mood
from app.screen import Screen
from app.settings import PictureSettings

from .fakes import picture


class Nothing:
    """Takes whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return lambda *words, **more: []


def test_a_frame_that_was_taken_but_not_drawn_leaves_its_input_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.display.Picture", lambda *words, **more: Nothing())
    window: Any = SimpleNamespace(
        context=None, draws_on_processor=False, size=(640, 400), captured=True, screen=Screen, show=lambda: None
    )
    spec: Any = SimpleNamespace(field_of_view=70.0)
    overlays: Any = Nothing()
    display = Display(window, spec, PictureSettings(), overlays, Hands())
    for index, since in ((1, 5.0), (2, 7.0), (3, None)):
        display.take(Frame(picture(index), index, since=since))
    monkeypatch.setattr("time.perf_counter", lambda: 9.0)
    counts: Any = Counts
    display.draw(9.0, Mood.PLAYING, [], counts)
    display.take(Frame(picture(4), 4, since=8.5))
    display.draw(9.0, Mood.PLAYING, [], counts)
    assert len(display.stats.latency) == 2 and display.stats.latency.total() == 4500.0
