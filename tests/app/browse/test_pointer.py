from pathlib import Path

import pytest

from app.browse.layout import Do
from model.footage.edits import Edit, read_edits
from tests.footage import write_clip

from .keyboard import Person

COUNT = 40


@pytest.fixture
def person(tmp_path: Path) -> Person:
    for seed in range(20):
        write_clip(tmp_path / "footage", f"clip {seed:02d}", COUNT, seed)
    return Person(tmp_path / "footage")


def at(person: Person, frame: float) -> tuple[int, int]:
    """The middle of a frame, on the bar that is scrubbed."""
    return person.layout.x_of(frame, COUNT), person.layout.scrub.centery


def test_a_click_on_the_time_line_goes_there(person: Person) -> None:
    for frame in (0, 17, COUNT - 1):
        person.click(at(person, frame + 0.5))
        assert person.browser.head.frame == frame
    person.click((at(person, 5.5)[0], person.layout.camera.centery))
    assert person.browser.head.frame == 5


def test_scrubbing_follows_the_mouse_until_it_is_let_go(person: Person) -> None:
    person.hold(at(person, 3.5))
    person.point(at(person, 20.5))
    assert person.browser.head.frame == 20
    person.point((5000, 5))
    assert person.browser.head.frame == COUNT - 1
    person.let_go()
    person.point(at(person, 2.5))
    assert person.browser.head.frame == COUNT - 1


def test_marks_are_dragged_and_written_when_let_go(person: Person) -> None:
    person.press("shift+right", "i", "shift+right", "o")
    person.hold(at(person, 10))
    person.point(at(person, 15.5))
    assert person.browser.edit == Edit(first=15, last=20) and person.browser.head.frame == 15
    assert read_edits(person.root) == {"clip 00": Edit(first=10, last=20)}
    person.let_go()
    assert read_edits(person.root) == {"clip 00": Edit(first=15, last=20)}
    person.hold(at(person, 21))
    person.point(at(person, 2.5))  # not past the other mark
    person.let_go()
    assert read_edits(person.root) == {"clip 00": Edit(first=15, last=15)}
    person.press("ctrl+z", "ctrl+z")
    assert read_edits(person.root) == {"clip 00": Edit(first=10, last=20)}


def test_a_click_on_a_card_chooses_it_in_a_scrolled_list_too(person: Person) -> None:
    layout = person.layout
    place = (layout.cards.centerx, layout.cards.top + round(2.5 * layout.card))
    person.click(place)
    assert person.browser.clip == 2
    person.wheel(place, -2)
    person.click(place)
    assert person.browser.clip == 5 and person.browser.head.frame == 0
    person.wheel(place, -100)
    assert person.browser.clips.top == pytest.approx(20 - layout.rows)


def test_the_list_follows_the_arrows(person: Person) -> None:
    person.press(*["down"] * 19)
    clips, rows = person.browser.clips, person.layout.rows
    assert clips.current == 19 and clips.top <= 19 <= clips.top + rows - 1 + 1e-6
    person.press(*["up"] * 19)
    assert clips.top == 0


def test_picture_and_wheel_play_and_step(person: Person) -> None:
    person.click(person.layout.picture.center)
    assert person.browser.head.playing
    person.wheel(person.layout.picture.center, -3)
    assert not person.browser.head.playing and person.browser.head.frame == 3
    person.wheel(person.layout.scrub.center, 1)
    assert person.browser.head.frame == 2


def test_the_bar_does_what_the_keys_do(person: Person) -> None:
    step = dict(person.layout.buttons)[Do.STEP]
    person.click((step.right - 3, step.centery))
    person.click((step.right - 3, step.centery))
    person.click((step.left + 3, step.centery))
    assert person.browser.head.frame == 1
    person.click_button(Do.FIRST)
    assert read_edits(person.root) == {"clip 00": Edit(first=1)}
    person.click_button(Do.UNDO)
    assert read_edits(person.root) == {}
    person.click_button(Do.DELETE)
    person.click_button(Do.DELETE)
    assert person.browser.clip == 1
    person.click_button(Do.LEAVE)
    assert person.browser.left


def test_tags_are_clicked_and_a_click_beside_gives_up(person: Person) -> None:
    person.press("t")
    person.type("good")
    person.press("enter", "down", "t")
    person.click(person.layout.tag_rows(1)[0].center)
    assert read_edits(person.root)["clip 01"].tags == ("good",) and person.browser.typing is not None
    person.click(person.layout.scrub.midright)
    assert person.browser.typing is None and person.browser.head.frame == 0


def test_the_filter_is_clicked(person: Person) -> None:
    person.click(person.layout.search.center)
    person.type("clip 07")
    assert person.browser.clips.shown == (7,)
    person.click(person.layout.picture.center)
    assert person.browser.filtering is None and person.browser.clips.shown == (7,)
