import pygame
import pytest

from app.menu.gestures import Gesture
from app.menu.layout import layout_of, neighbour
from app.menu.page import Card, Entry, Heading, Item, Page, Switch, Width, Words, selectable

WINDOWS = [(640, 400), (480, 320), (1280, 720), (2560, 1440), (3840, 2160), (500, 1200), (3000, 400)]


def cards(count: int) -> tuple[Card, ...]:
    return tuple(Card(label=str(number), do=lambda: None, note="a note") for number in range(count))


def entries(count: int, *, controls: bool = False) -> tuple[Entry, ...]:
    control = Switch(True) if controls else None
    return tuple(Entry(label=str(n), do=lambda: None, note="note", control=control) for n in range(count))


PAGES: dict[str, tuple[Item, ...]] = {
    "menu": entries(10),
    "settings": entries(9, controls=True),
    "keys": (Heading("a"), *entries(40, controls=True)),
    "slots": cards(6),
    "many scenes": (Heading("a"), *cards(24), Heading("b"), *cards(2), *entries(2)),
    "fault": (Words("it went wrong " * 30, warning=True), *entries(4)),
    "one": cards(1),
    "start": (*cards(2), Heading("a"), *(Card(label=str(n), do=lambda: None) for n in range(12)), *entries(3)),
}


@pytest.mark.parametrize("text_scale", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("name", PAGES)
def test_everything_can_be_seen_in_any_window(
    name: str, width: Width, window: tuple[int, int], text_scale: float
) -> None:
    page = Page(title="Title", note="note", items=PAGES[name], width=width)
    layout = layout_of(page, window, text_scale)
    whole = pygame.Rect((0, 0), window)
    assert whole.contains(layout.panel) and layout.panel.contains(layout.foot)
    assert layout.panel.contains(layout.body) and not layout.body.colliderect(layout.foot)
    assert layout.body.height >= layout.scale * 60, "room for one item at least"
    assert all(place.collidelist(layout.items[:index]) == -1 for index, place in enumerate(layout.items))
    for index, place in enumerate(layout.items):
        assert layout.body.left <= place.left and place.right <= layout.body.right
        for before in (0, layout.furthest):
            seen = layout.place(index, layout.showing(index, before))
            assert seen.colliderect(layout.body)
            if place.height <= layout.body.height:
                assert layout.body.top <= seen.top and seen.bottom <= layout.body.bottom


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", PAGES)
def test_every_item_is_reached_by_arrows_from_every_other(name: str, window: tuple[int, int]) -> None:
    page = Page(title="", items=PAGES[name], width=Width.WIDE)
    places = layout_of(page, window, 1.0).items
    able = {index for index, item in enumerate(page.items) if selectable(item)}
    for ways in ((Gesture.RIGHT,), (Gesture.LEFT,), tuple(Gesture)[:4]):
        reached, ahead = set[int](), [min(able)]
        while ahead:
            at = ahead.pop()
            if at not in reached:
                reached.add(at)
                ahead += [neighbour(page, places, at, way) for way in ways]
        assert reached == able


def test_cards_are_as_large_as_they_can_be_without_scrolling() -> None:
    layout = layout_of(Page(title="", items=cards(9), width=Width.FULL), (1280, 720), 1.0)
    assert layout.furthest == 0 and layout.items[0].width > 200
    crowded = layout_of(Page(title="", items=cards(200), width=Width.FULL), (1280, 720), 1.0)
    assert crowded.furthest > 0 and crowded.items[0].width > 150


def test_notes_take_room_only_in_the_row_of_cards_that_has_them() -> None:
    layout = layout_of(Page(title="", items=PAGES["start"], width=Width.FULL), (1280, 720), 1.0)
    assert layout.items[0].height > layout.items[3].height and layout.items[0].width == layout.items[3].width
    assert layout.furthest == 0, "saved walks and twelve scenes are seen at once"


def test_text_scale_enlarges_pages_up_to_what_fits() -> None:
    page = Page(title="", items=entries(4))
    small, large, huge = (layout_of(page, (1280, 720), scale).scale for scale in (1.0, 1.5, 4.0))
    assert large == pytest.approx(1.5 * small) and large < huge < 4 * small
