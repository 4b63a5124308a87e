"""The bar on the way back: what it says, where its mark stands, what is drawn anew."""

from dataclasses import replace

import pytest

from app.handover import Frame, WalkFacts
from app.past import Past
from app.past_view import PastView
from app.picture import Sprite
from app.room import room_of
from app.timeline import Moment
from model.actions import IDLE

from . import fakes
from .fakes import picture
from .said import reading

SIZE = (1280, 720)
WALK = replace(fakes.WALK, reach=480, past_bytes=42 << 20)
PAST = Past.of([Moment(index, IDLE, 2, picture(index)) for index in range(101, 582)])


def at(index: int, past: Past | None = PAST, walk: WalkFacts = WALK) -> Frame:
    return Frame(picture(index), index, walk=walk, old=True, past=past)


def bar(view: PastView, frame: Frame, size: tuple[int, int] = SIZE, scale: float = 1.0) -> dict[str, Sprite]:
    sprites, _ = view.sprites(room_of(size), frame, scale)
    return {sprite.name: sprite for sprite in sprites}


def test_it_says_how_far_back_one_is_and_how_far_one_can_go() -> None:
    with reading() as said:
        view = PastView(fps=16.0)
        bar(view, at(581))
        assert "0.0 s back" in said and "30.0 s are kept, in 42 of at most 256 MB" in said
        assert next(words for words in said if words.startswith("-")) == "-5 s" and "now" in said
        said.clear()
        bar(view, at(501))
        assert said == ["5.0 s back"], "all else was drawn when one began to go back"
        bar(view, at(101))
        assert said[-1] == "30.0 s back, as far as is kept"


@pytest.mark.usefixtures("fonts")
def test_the_mark_goes_from_the_right_end_to_the_left_and_leaves_dark_what_is_undone() -> None:
    view = PastView(fps=16.0)
    bars = [bar(view, at(index)) for index in (581, 341, 101)]
    assert len({id(parts["past"].surface) for parts in bars}) == 1
    marks = [parts["past line"].at[0] for parts in bars]
    assert marks[0] - marks[1] == pytest.approx(marks[1] - marks[2], abs=2) and marks[0] > marks[2] + 1000
    undone = [parts["past undone"].size for parts in bars]
    assert undone[0] and undone[1] and undone[2] and undone[0][0] < undone[1][0] < undone[2][0]
    panel = bars[0]["past"].surface.get_rect(topleft=bars[0]["past"].at)
    for parts in bars:
        assert panel.collidepoint(parts["past knob"].at) and parts["past undone"].at[0] + undone[0][0] <= panel.right


@pytest.mark.usefixtures("fonts")
def test_another_past_is_drawn_anew() -> None:
    view = PastView(fps=16.0)
    other = Past.of([Moment(index, IDLE, 2, picture(index)) for index in range(101, 582)])
    first, second = (bar(view, at(400, past))["past"].surface for past in (PAST, other))
    assert first is not second


@pytest.mark.usefixtures("fonts")
def test_where_it_has_no_room_words_are_left() -> None:
    view = PastView(fps=16.0)
    for size, scale in (((480, 360), 4.0), ((1, 1), 0.6), ((900, 30), 1.0)):
        assert bar(view, at(400), size, scale) == {}
    assert view.words(at(501)) == "5.0 s back"


@pytest.mark.usefixtures("fonts")
def test_without_a_past_there_is_no_bar() -> None:
    view = PastView(fps=16.0)
    assert bar(view, at(0, None)) == {}
    assert view.words(at(400, None)) == "", "the key has just gone down"
    assert view.words(at(0, None, replace(WALK, reach=0))) == "there is nothing to go back to"
