from pathlib import Path

import numpy as np
import pygame
import pytest

from app import theme
from app.menu.menu import Menu
from app.menu.page import Card, Choice, Entry, Heading, Item, Keys, Page, Slider, Switch, Value, Width, Words
from app.menu.view import MenuView
from app.picture import Sprite

WORDS = "words that go on and on until there is no room for them in any window at all"
ITEMS: tuple[Item, ...] = (
    Heading(WORDS, WORDS),
    Words(WORDS, warning=True),
    Entry(label=WORDS, note=WORDS, do=lambda: None),
    *(
        Entry(label=WORDS, note=WORDS, control=control, turn=lambda by: None, warning=warning)
        for control in (
            Switch(True),
            Switch(False),
            Choice(WORDS),
            Slider("0.15", 0.0, lambda share: None),
            Slider("100%", 1.0, lambda share: None),
            Keys(()),
            Keys(("w", "pad stick forward", "left shift", "mouse middle", "wheel up"), frozenset({"w"})),
            Value(WORDS),
        )
        for warning in ("", WORDS)
    ),
    Card(label=WORDS, note=WORDS, do=lambda: None, picture=np.full((96, 160, 3), 200, np.uint8), mark="here"),
    Card(label=WORDS, do=lambda: None, picture=Path("nothing.png")),
    Card(label=WORDS, do=lambda: None, fault=WORDS, picture=np.full((40, 40, 3), 200, np.uint8)),
)


def look(menu: Menu) -> list[Sprite]:
    return MenuView(menu).sprites()


def image(sprite: Sprite) -> np.ndarray:
    return pygame.surfarray.array3d(sprite.surface)


@pytest.fixture
def menu() -> Menu:
    return Menu(lambda sentence: None)


@pytest.mark.parametrize("words", ["", "\0"])
def test_words_that_are_none_are_no_matter(menu: Menu, words: str) -> None:
    assert theme.text(words, 20).get_height() > 10
    menu.open(lambda: Page(title=words, items=(Entry(label="", do=lambda: None, note=""), Heading("", ""))))
    assert len(look(menu)) == 1


@pytest.mark.parametrize("window", [(640, 400), (240, 240), (1280, 720), (3840, 2160)])
@pytest.mark.parametrize("width", [Width.NARROW, Width.FULL])
def test_all_kinds_of_items_are_drawn_in_any_window(menu: Menu, window: tuple[int, int], width: Width) -> None:
    menu.open(lambda: Page(title=WORDS, note=WORDS, items=ITEMS, width=width, hints=((WORDS, "X", WORDS),) * 3))
    menu.fit(window, 1.0)
    seen = []
    for index in (1, 2, len(ITEMS) - 1):
        menu._levels[-1].selected = index
        menu._levels[-1].top = menu.layout.showing(index, 0)
        (sprite,) = look(menu)
        assert sprite.surface.get_size() == menu.layout.panel.size and sprite.at == menu.layout.panel.topleft
        seen.append(image(sprite))
    assert not np.array_equal(seen[1], seen[2])
    menu.ask(WORDS, WORDS, lambda text: None)
    page, question = look(menu)
    assert page.alpha < 1 == question.alpha
    assert pygame.Rect((0, 0), window).contains((question.at, question.surface.get_size()))


def test_nothing_is_drawn_twice_and_everything_new_is(menu: Menu) -> None:
    view = MenuView(menu)
    assert view.sprites() == []
    menu.open(lambda: Page(title="a", items=ITEMS, leave=lambda: None))
    first = view.sprites()[0].surface
    assert view.sprites()[0].surface is first
    menu.feed(pygame.event.Event(pygame.NOEVENT), (("pad down", True),))
    second = view.sprites()[0].surface
    assert second is not first and not np.array_equal(pygame.surfarray.array3d(first), pygame.surfarray.array3d(second))


def test_what_is_selected_is_seen_by_its_colour(menu: Menu) -> None:
    menu.open(lambda: Page(title="", items=tuple(Entry(label="x", do=lambda: None) for _ in range(3))))
    for index in range(3):
        menu._levels[-1].selected = index
        pixels = image(look(menu)[0]).astype(int)
        green = np.abs(pixels - theme.ACCENT[:3]).max(axis=2) < 20
        rows = {
            number for number, place in enumerate(menu.layout.items)
            if green[:, place.top - menu.layout.panel.top : place.bottom - menu.layout.panel.top].any()
        }  # fmt: skip
        assert rows == {index}
