"""The start screen's page: what it offers, in which order, and what choosing does."""

from datetime import datetime
from pathlib import Path

from app.kept_walks import KeptWalk
from app.menu.gallery import start_page
from app.menu.page import Card, Entry, Heading
from app.slots import Slot
from app.worlds import look_at

from ..fakes import FakeStart, picture


def test_saved_walks_stand_before_all_worlds_and_the_newest_is_selected(tiny_world: Path) -> None:
    desk, world = FakeStart(), look_at(tiny_world)
    kept = [
        KeptWalk(world, Slot(name, picture(number), 100, saved=datetime(2026, 3, day, 18, 5)))
        for number, (name, day) in enumerate((("quick", 9), ("4", 2)))
    ]
    page = start_page(desk, [world], kept, (tiny_world, "two"))
    first, second = page.items[:2]
    assert isinstance(first, Card) and isinstance(second, Card) and isinstance(page.items[2], Heading)
    assert (first.label, first.note, first.mark) == ("Quick save", "Tiny, 09 Mar 18:05", "continue")
    assert (second.label, second.mark) == ("Slot 4", "") and first.picture is kept[0].slot.thumbnail
    second.do()
    assert desk.done == [kept[1]]


def test_without_saves_it_begins_with_the_worlds_and_last_times_scene_is_selected(tiny_world: Path) -> None:
    page = start_page(FakeStart(), [look_at(tiny_world)], last=(tiny_world, "two"))
    assert isinstance(page.items[0], Heading)
    assert [item.label for item in page.items if isinstance(item, Card) and item.mark] == ["Two"]


def test_the_seed_is_seen_and_can_be_chosen(tiny_world: Path) -> None:
    desk = FakeStart()
    entries = [item for item in start_page(desk, [look_at(tiny_world)]).items if isinstance(item, Entry)]
    assert [(entry.label, entry.note) for entry in entries] == [("Seed", "41"), ("Settings", ""), ("Quit", "")]
    for entry in entries:
        assert entry.do is not None
        entry.do()
    assert desk.done == ["seed", "settings", "left"]
