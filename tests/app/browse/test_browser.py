"""The state machine: what keys do. No display is open, nothing is decoded."""

from pathlib import Path

import pytest

from app.browse.layout import Do
from model.footage.edits import EDITS, Edit, read_edits, write_edits
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import write_clip

from .keyboard import Person

COUNTS = (40, 30, 20, 25)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "some footage"
    for seed, (name, count) in enumerate(zip(("forest", "hill", "lake 1", "lake 2"), COUNTS, strict=True)):
        write_clip(root, name, count, seed)
    return root


@pytest.fixture
def person(root: Path) -> Person:
    return Person(root)


def test_arrows_step_and_stay_inside_the_clip(person: Person) -> None:
    head = person.browser.head
    person.press("right", "right", "left")
    assert head.frame == 1
    person.press("shift+right")
    assert head.frame == 11
    person.press("shift+left", "shift+left")
    assert head.frame == 0
    person.press("end", "right")
    assert head.frame == COUNTS[0] - 1
    person.press("home")
    assert head.frame == 0


def test_up_and_down_choose_clips_and_begin_at_their_start(person: Person) -> None:
    person.press("right", "down")
    assert person.browser.clip == 1 and person.browser.head.frame == 0 and person.browser.head.count == COUNTS[1]
    person.press("up", "up")
    assert person.browser.clip == 0


def test_space_plays_at_the_footages_rate_and_stops_at_the_end(person: Person) -> None:
    head = person.browser.head
    person.press("space")
    person.wait(10.5 / 16)
    assert head.playing and head.frame == 10
    assert head.due(person.now) == pytest.approx(0.5 / 16)
    person.press("space")
    person.wait(1)
    assert not head.playing and head.frame == 10
    person.press("space")
    person.wait(60)
    assert not head.playing and head.frame == COUNTS[0] - 1
    person.press("space")
    assert head.playing and head.frame == 0


def test_a_held_space_is_one_press(person: Person) -> None:
    for _ in range(2):
        person.down("space")
    assert person.browser.head.playing
    person.up("space")
    person.press("space")
    assert not person.browser.head.playing


def test_in_and_out_are_written_at_once_and_read_again(person: Person, root: Path) -> None:
    person.press("shift+right", "i", "shift+right", "o")
    assert read_edits(root) == {"forest": Edit(first=10, last=20)}
    assert person.browser.kept == range(10, 21)
    assert Person(root).browser.kept == range(10, 21)
    person.press("x")
    assert read_edits(root) == {} and person.browser.kept == range(40)


def test_letters_are_found_on_a_keyboard_that_has_others(person: Person, root: Path) -> None:
    person.press("shift+right", "ш", "shift+right", "щ")
    assert read_edits(root) == {"forest": Edit(first=10, last=20)}
    person.press("ctrl+я")
    assert read_edits(root) == {"forest": Edit(first=10)}


def test_a_mark_on_the_wrong_side_takes_the_place_of_the_other(person: Person) -> None:
    person.press("shift+right", "o", "right", "i")
    assert person.browser.edit == Edit(first=11)
    person.press("home", "right", "o")
    assert person.browser.edit == Edit(last=1)
    person.press("home", "i")
    assert person.browser.edit == Edit(last=1)
    person.press("end", "o")
    assert person.browser.edit == Edit()


def test_undo_takes_back_step_by_step_wherever_one_stands(person: Person, root: Path) -> None:
    person.press("right", "i", "shift+right", "o", "down", "shift+right", "i", "down", "ctrl+z")
    assert read_edits(root) == {"forest": Edit(first=1, last=11)} and person.browser.clip == 1
    person.press("ctrl+z")
    assert read_edits(root) == {"forest": Edit(first=1)} and person.browser.clip == 0
    person.press("ctrl+z")
    assert read_edits(root) == {} and "undone" in person.said
    person.press("ctrl+z")
    assert person.said == "nothing to undo"


def test_a_typed_tag_is_added_and_typed_again_taken_away(person: Person, root: Path) -> None:
    person.press("t")
    person.type("old wood")
    person.press("enter")
    assert read_edits(root) == {"forest": Edit(tags=("old wood",))} and person.browser.typing is None
    person.press("t")
    person.type("old woodx")
    person.press("backspace", "enter")
    assert read_edits(root) == {}


def test_digits_are_the_tags_at_hand(person: Person, root: Path) -> None:
    for tag in ("good", "wet"):
        person.press("t")
        person.type(tag)
        person.press("enter")
    person.press("down", "2")
    assert read_edits(root)["hill"].tags == ("wet",)
    person.press("t", "1")
    assert read_edits(root)["hill"].tags == ("wet", "good") and person.browser.typing is None
    person.press("2", "9")
    assert read_edits(root)["hill"].tags == ("good",)
    assert Person(root).browser.tags.recent == ["good", "wet"]


def test_letters_that_are_typed_do_nothing_else(person: Person) -> None:
    person.press("t")
    person.type("ixo h")
    person.press("delete", "left", "escape")
    browser = person.browser
    assert browser.edit == Edit() and browser.hands_shown and not browser.asked and not browser.left
    assert browser.typing is None


def test_an_impossible_tag_is_said_not_written(person: Person, root: Path) -> None:
    person.browser.toggle_tag("x" * 65, person.now)
    assert "not 1 to 64" in person.said and not (root / EDITS).exists()


def test_the_filter_looks_at_names_and_tags(person: Person) -> None:
    browser = person.browser
    person.press("t")
    person.type("wet")
    person.press("enter", "/")
    person.type("lake")
    assert browser.clips.shown == (2, 3) and browser.clip == 2 and browser.head.count == COUNTS[2]
    person.type(" 2")
    assert browser.clips.shown == (3,) and browser.edit.tags == ()
    person.press("escape")
    assert browser.clips.shown == (0, 1, 2, 3) and browser.clip == 3 and not browser.left
    person.press("ctrl+f")
    person.type("WET")
    person.press("enter")
    assert browser.clips.shown == (0,) and browser.filtering is None
    person.press("/")
    person.type("zzz")
    assert browser.clip is None and browser.head.count == 0
    person.press("enter", "space", "right", "i", "o", "x", "t", "delete", "1", "home")
    assert browser.edit == Edit() and browser.typing is None


def test_arrows_walk_the_list_while_the_filter_is_typed(person: Person) -> None:
    person.press("/")
    person.type("lake")
    person.press("down")
    assert person.browser.clip == 3 and person.browser.filtering is not None


def test_delete_asks_and_the_second_press_moves_the_files(person: Person, root: Path) -> None:
    files = [root / "metadata" / "forest.json", root / "video" / "forest.mp4"]
    person.press("delete")
    assert person.browser.asked and "2 files" in person.said and all(file.exists() for file in files)
    person.wait(60)
    assert "2 files" in person.said  # the question stays
    person.press("delete")
    assert not any(file.exists() for file in files) and person.browser.clip == 1
    assert (root / ".trash" / "video" / "forest.mp4").exists() and "Ctrl+Z" in person.said
    assert GFMinecraft(root).names == ("hill", "lake 1", "lake 2")
    person.press("ctrl+z")
    assert all(file.exists() for file in files) and person.browser.clip == 0
    assert GFMinecraft(root).names == ("forest", "hill", "lake 1", "lake 2")


def test_a_held_delete_only_asks(person: Person, root: Path) -> None:
    for _ in range(5):
        person.down("delete")
    assert person.browser.asked and (root / "video" / "forest.mp4").exists()


@pytest.mark.parametrize("key", ["left", "down", "escape", "t", "k", "i"])
def test_any_other_key_keeps_the_clip(person: Person, root: Path, key: str) -> None:
    person.press("delete", key)
    assert not person.browser.asked and not person.browser.left and "Delete again" not in person.said
    person.press("escape", "up", "delete")
    assert (root / "video" / "forest.mp4").exists()


def test_all_clips_can_go_and_come_back(person: Person) -> None:
    person.press(*["delete"] * 8)
    assert person.browser.clip is None and person.browser.clips.left == ()
    person.press("delete", "space", *["ctrl+z"] * 4)
    assert person.browser.clips.shown == (0, 1, 2, 3)


def test_edits_of_a_deleted_clip_wait_for_it(person: Person, root: Path) -> None:
    person.press("right", "i", "delete", "delete")
    assert read_edits(root) == {"forest": Edit(first=1)}
    person.press("ctrl+z")
    assert person.browser.edit == Edit(first=1)


def test_a_folder_that_cannot_be_written_to_is_said(
    person: Person, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", _denied)
    person.press("right", "i")
    assert EDITS in person.said and person.browser.edit == Edit() and not (root / EDITS).exists()


def test_toggles_and_leaving(person: Person) -> None:
    browser = person.browser
    person.press("h", "F3")
    assert not browser.hands_shown and browser.details_shown
    person.press("escape")
    assert browser.left


def test_a_clip_that_is_left_out_is_shown_whole(root: Path) -> None:
    write_edits(root, {"forest": Edit(first=5, last=4)})
    person = Person(root)
    assert not person.browser.kept and person.browser.head.count == COUNTS[0]
    person.press("end", "space")
    assert person.browser.head.frame == 0


def test_every_button_does_something(person: Person) -> None:
    assert {do for do, _ in person.layout.buttons} == set(Do)


def _denied(self: Path, data: bytes) -> int:
    raise PermissionError(13, "Permission denied", str(self))
