import pygame
import pytest

from app.menu.asking import LISTENING_SECONDS
from app.menu.layout import track_of
from app.menu.page import Card, Choice, Do, Entry, Heading, Page, Slider, Width
from model.errors import RunError

from .hands import Hands


class Log:
    """Remembers what was chosen."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.left = 0

    def does(self, what: object) -> Do:
        return lambda: self.done.append(what)

    def leave(self) -> None:
        self.left += 1


@pytest.fixture
def log() -> Log:
    return Log()


def rows(log: Log, *names: str) -> Page:
    entries = tuple(Entry(label=name, do=log.does(name)) for name in names)
    return Page(title="Rows", items=(Heading("above"), *entries), leave=log.leave)


def grid(log: Log, count: int) -> Page:
    cards = tuple(Card(label=str(number), do=log.does(number)) for number in range(count))
    return Page(title="Grid", items=cards, width=Width.WIDE)


@pytest.mark.parametrize(
    ("down", "up", "choose", "back"),
    [
        ("down", "up", "return", "escape"),
        ("s", "w", "space", "escape"),
        ("pad down", "pad up", "pad a", "pad b"),
        ("pad stick back", "pad stick forward", "pad a", "pad start"),
    ],
)
def test_keys_and_pads_reach_every_entry_and_wrap(
    hands: Hands, log: Log, down: str, up: str, choose: str, back: str
) -> None:
    hands.menu.open(lambda: rows(log, "a", "b", "c"))
    assert hands.selected == "a", "headings are never selected"
    hands.press(choose, down, choose, up, up, choose, down, choose)
    assert log.done == ["a", "b", "c", "a"]
    hands.press(back)
    assert log.left == 1


def test_clicks_choose_what_is_under_them_and_nothing_beside(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, "a", "b"))
    hands.choose("b")
    hands.click((3, 3))
    hands.click(hands.menu.layout.panel.midtop)
    assert log.done == ["b"]
    hands.click(hands.menu.layout.back.center)
    assert log.left == 1


def test_a_mouse_that_rests_does_not_take_the_selection(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, "a", "b", "c"))
    for _ in range(2):
        hands.menu.feed(pygame.event.Event(pygame.MOUSEMOTION, pos=hands.place_of("b").center), ())
        assert hands.selected == "a", "it was there before"
    hands.point(hands.place_of("c").center)
    assert hands.selected == "c"
    hands.press("up")
    assert hands.selected == "b"


def test_pages_lie_over_each_other_and_keep_their_selection(hands: Hands, log: Log) -> None:
    deeper = Entry(label="in", do=lambda: hands.menu.push(lambda: grid(log, 3)))
    hands.menu.open(lambda: Page(title="", items=(Entry(label="x", do=log.does(0)), deeper), leave=log.leave))
    hands.press("down", "return", "right", "return", "escape")
    assert log.done == [1] and hands.selected == "in" and log.left == 0
    hands.press("escape")
    assert log.left == 1


def test_without_a_way_back_escape_does_nothing(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: grid(log, 3))
    hands.press("escape")
    assert hands.menu.is_open and not hands.menu.can_go_back


def test_cards_are_walked_in_rows_and_columns(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: grid(log, 9))
    columns = sum(place.top == hands.menu.layout.items[0].top for place in hands.menu.layout.items)
    assert 1 < columns < 9
    hands.press("right", "down")
    assert hands.selected == str(1 + columns)
    hands.press("up", "left", "left")
    assert hands.selected == "8", "past the first comes the last"
    hands.press("right")
    assert hands.selected == "0"
    hands.press("up")
    assert int(hands.selected) >= 9 - 9 % columns - (0 if 9 % columns else columns), "the last row"


def test_a_held_key_goes_on(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, *"abcdefgh"))
    hands.hold("down")
    assert hands.selected == "b"
    hands.clock.advance(0.2)
    hands.menu.tick()
    assert hands.selected == "b", "not at once"
    for _ in range(3):
        assert hands.menu.due is not None
        hands.clock.advance(hands.menu.due - hands.clock.now)
        hands.menu.tick()
    assert hands.selected == "e"
    hands.let_go("down")
    assert hands.menu.due is None
    hands.hold("return")
    hands.clock.advance(5)
    hands.menu.tick()
    assert log.done == ["e"], "choosing does not repeat"


def test_letting_go_ends_what_is_held_and_what_is_dragged(hands: Hands, log: Log) -> None:
    slid: list[float] = []
    slider = Entry(label="slide", control=Slider("", 0.5, slid.append), turn=lambda by: slid.append(by))
    hands.menu.open(lambda: Page(title="", items=(slider,), width=Width.MEDIUM))
    track = track_of(hands.place_of("slide"))
    hands.hold("right")
    hands.menu.let_go()
    hands.clock.advance(5)
    hands.menu.tick()
    assert hands.menu.due is None and slid == [1]
    hands.menu.feed(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=track.center), (("mouse left", True),))
    hands.menu.let_go()
    hands.point(track.midright)
    assert slid == [1, pytest.approx(0.5, abs=0.01)]


def test_long_pages_scroll_with_the_selection_and_with_the_wheel(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, *map(str, range(40))))
    layout = hands.menu.layout
    assert layout.furthest > 0 and layout.panel.height <= 720
    for _ in range(40):
        place = layout.place(hands.menu.selected, hands.menu.top)
        assert layout.body.contains(place), "what is selected is in sight"
        hands.press("down")
    assert hands.menu.top == 0, "the first again, with its heading"
    hands.press("wheel down")
    assert 0 < hands.menu.top <= layout.furthest
    hands.press(*["wheel up"] * 3)
    assert hands.menu.top == 0
    hands.press("end")
    assert hands.selected == "39" and hands.menu.top == layout.furthest
    hands.press("page up")
    assert 20 < int(hands.selected) < 35
    hands.menu.fit((640, 400), 2.0)
    assert hands.menu.layout.body.contains(hands.menu.layout.place(hands.menu.selected, hands.menu.top))


def test_a_grey_card_says_why(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: Page(title="", items=(Card(label="Slot 1", do=log.does(1), fault="damaged"),)))
    hands.press("return")
    assert log.done == [] and hands.said == ["Slot 1: damaged"]


def test_values_turn_slide_and_are_shown_as_they_are(hands: Hands) -> None:
    value = [5.0]

    def put(new: float) -> None:
        value[0] = max(0.0, min(10.0, new))

    def page() -> Page:
        control = Slider(f"{value[0]:g}", value[0] / 10, lambda share: put(10 * share))
        entries = (
            Entry(label="slide", control=control, turn=lambda by: put(value[0] + by)),
            Entry(label="turn", control=Choice(f"{value[0]:g}"), turn=lambda by: put(value[0] + 2 * by)),
        )
        return Page(title="", items=entries, width=Width.MEDIUM)

    hands.menu.open(page)
    hands.press("right", "d", "left", "pad right", "return")
    assert value[0] == 8, "choosing turns to the right"
    track = track_of(hands.place_of("slide"))
    hands.click((track.left + track.width // 4, track.centery))
    assert value[0] == pytest.approx(2.5, abs=0.1)
    hands.menu.feed(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=track.center), (("mouse left", True),))
    hands.point((track.right + 200, track.bottom + 300))
    assert value[0] == 10, "a drag goes on beside the track"
    hands.menu.feed(pygame.event.Event(pygame.MOUSEBUTTONUP, button=1, pos=(0, 0)), (("mouse left", False),))
    hands.point(track.midleft)
    assert value[0] == 10, "let go"
    place = hands.place_of("turn")
    hands.click((place.right - 20, place.centery))
    assert value[0] == 10
    hands.click((place.right - place.width * 2 // 5, place.centery))
    assert value[0] == 8


def test_delete_backspace_and_insert_belong_to_entries(hands: Hands, log: Log) -> None:
    entry = Entry(label="x", do=log.does("do"), clear=log.does("clear"), reset=log.does("reset"), add=log.does("add"))
    hands.menu.open(lambda: Page(title="", items=(entry, Entry(label="y", do=log.does("y")))))
    hands.press("delete", "backspace", "insert", "pad x", "pad y", "pad back", "down", "delete", "backspace")
    assert log.done == ["clear", "reset", "add", "clear", "reset", "add"]


def test_listening_takes_the_next_input_whatever_it_means(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, "a", "b"))
    for name in ("down", "return", "pad b", "wheel up"):
        hands.menu.listen("Jump", "press", log.done.append)
        hands.press(name)
        assert log.done.pop() == name and hands.menu.asking is None
    hands.menu.listen("Jump", "press", log.done.append)
    hands.let_go("return")
    assert hands.menu.asking is not None, "the key that opened the question comes up"
    hands.press("escape")
    assert hands.menu.asking is None and log.done == [] and log.left == 0
    hands.menu.listen("Jump", "press", log.done.append)
    hands.clock.advance(LISTENING_SECONDS)
    hands.menu.tick()
    assert hands.menu.asking is None


def test_a_line_is_typed_and_may_be_given_up(hands: Hands, log: Log) -> None:
    hands.menu.open(lambda: rows(log, "a", "b"))
    hands.menu.ask("Seed", "", log.done.append, allowed="0123456789")
    hands.type("4x2")
    hands.key(pygame.K_RETURN, "return")
    assert log.done == ["42"] and hands.selected == "a"
    hands.menu.ask("Seed", "", log.done.append)
    hands.key(pygame.K_ESCAPE, "escape")
    hands.menu.ask("Seed", "", log.done.append)
    hands.press("pad b")
    assert hands.menu.asking is None and log.done == ["42"] and log.left == 0


def test_an_error_in_a_choice_leaves_the_menu_as_it_was(hands: Hands) -> None:
    def fail() -> None:
        raise RunError("the disk is full; make room")

    hands.menu.open(lambda: Page(title="", items=(Entry(label="x", do=fail),)))
    with pytest.raises(RunError):
        hands.press("return")
    assert hands.menu.is_open and hands.selected == "x"
    hands.menu.ask("", "", lambda text: fail())
    with pytest.raises(RunError):
        hands.key(pygame.K_RETURN, "return")
    assert hands.menu.asking is None


def test_pages_are_built_anew_after_a_choice(hands: Hands) -> None:
    names = ["a", "b", "c"]
    hands.menu.open(
        lambda: Page(title="", items=tuple(Entry(label=name, do=lambda: names.remove("c")) for name in names))
    )
    hands.press("end", "return")
    assert hands.labels == ["a", "b"] and hands.selected == "b"
