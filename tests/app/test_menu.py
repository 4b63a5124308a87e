import pygame
import pytest

from app.menu import MAIN_ENTRIES, Choice, Kind, Menu, Page

WINDOW = (1280, 720)


def press(menu: Menu, *codes: int) -> Choice | None:
    choice = None
    for code in codes:
        choice = menu.feed(pygame.event.Event(pygame.KEYDOWN, key=code), WINDOW)
    return choice


def click(menu: Menu, place: tuple[int, int]) -> Choice | None:
    menu.feed(pygame.event.Event(pygame.MOUSEMOTION, pos=place), WINDOW)
    return menu.feed(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=place), WINDOW)


@pytest.fixture
def menu() -> Menu:
    menu = Menu([f"scene {index}" for index in range(7)])
    menu.open()
    return menu


def test_escape_and_enter_resume(menu: Menu) -> None:
    assert press(menu, pygame.K_ESCAPE) == Choice(Kind.RESUME)
    assert press(menu, pygame.K_RETURN) == Choice(Kind.RESUME)


def test_arrow_keys_reach_every_entry_and_wrap(menu: Menu) -> None:
    assert press(menu, pygame.K_DOWN, pygame.K_RETURN) == Choice(Kind.RESET)
    assert press(menu, pygame.K_UP, pygame.K_UP, pygame.K_RETURN) == Choice(Kind.QUIT)
    assert press(menu, pygame.K_DOWN, pygame.K_RETURN) == Choice(Kind.RESUME)


def test_clicks_choose_what_is_under_them_and_nothing_beside(menu: Menu) -> None:
    layout = menu.layout(WINDOW)
    assert click(menu, layout.entries[MAIN_ENTRIES.index(Kind.QUIT)].center) == Choice(Kind.QUIT)
    assert click(menu, (3, 3)) is None
    assert menu.is_open


def test_scenes_are_chosen_on_their_own_page(menu: Menu) -> None:
    assert press(menu, pygame.K_DOWN, pygame.K_DOWN, pygame.K_RETURN) is None
    assert menu.page is Page.SCENES
    below_the_second = 1 + menu.layout(WINDOW).columns
    choice = press(menu, pygame.K_RIGHT, pygame.K_DOWN, pygame.K_RETURN)
    assert choice == Choice(Kind.SCENE, f"scene {below_the_second}")
    assert click(menu, menu.layout(WINDOW).entries[6].center) == Choice(Kind.SCENE, "scene 6")
    assert press(menu, pygame.K_ESCAPE) is None
    assert press(menu, pygame.K_ESCAPE) == Choice(Kind.RESUME), "from the first page again"


@pytest.mark.parametrize("window", [(1280, 720), (640, 400), (480, 320), (2560, 1440), (500, 1200)])
@pytest.mark.parametrize("count", [1, 2, 6, 13, 24])
def test_every_card_stands_inside_the_panel_and_apart_from_others(count: int, window: tuple[int, int]) -> None:
    menu = Menu([str(index) for index in range(count)])
    menu.open()
    menu.page = Page.SCENES
    layout = menu.layout(window)
    assert len(layout.entries) == count
    assert all(layout.panel.contains(entry) and entry.width > 0 for entry in layout.entries)
    assert all(entry.collidelist(layout.entries[:index]) == -1 for index, entry in enumerate(layout.entries))
    assert layout.panel.width <= window[0] and layout.panel.height <= window[1]
