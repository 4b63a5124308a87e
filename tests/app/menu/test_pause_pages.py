from collections.abc import Callable
from pathlib import Path

import numpy as np
import pygame
import pytest
from safetensors.numpy import save_file

from app.handover import WalkFacts
from app.keepsakes import Keeper, Place
from app.menu.page import Card
from app.menu.pause_pages import PauseDesk, pause_page
from app.origin import origin_of
from app.preferences import Preferences
from app.settings import Loaded, Settings
from app.slots import Slots
from app.walker import Walker, WalkOptions
from app.worlds import KnownWorld, look_at
from model.errors import ArvdError
from model.world_spec import read_spec
from tests.app.fakes import FakeWorld

from .hands import Hands

ENTRIES = ["Resume", "Save", "Load", "Scenes", "Settings", "Record", "Clip", "Reset", "New seed", "Worlds", "Quit"]


class FakeGenerator:
    """Serves requests at once."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.walker = Walker(self.world, WalkOptions(), fps=16)
        self.restarts: list[tuple[str | None, int | None]] = []

    def ask(self, request: Callable[[Walker], None]) -> None:
        request(self.walker)

    def restart(self, scene: str | None = None, *, seed: int | None = None) -> None:
        self.restarts.append((scene, seed))


class FakeRecording:
    wanted = False

    def toggle(self) -> None:
        self.wanted = not self.wanted


class FakeDesk(PauseDesk):
    """A player whose world is at hand."""

    def __init__(self, folder: Path, world: Path) -> None:
        self.generator, self.recording = FakeGenerator(), FakeRecording()  # type: ignore[assignment] # as far as it goes
        self.slots, self.known = Slots(folder, "0" * 64), look_at(world)
        self._preferences = Preferences(Loaded(Settings()), folder / "settings.toml")
        self.said: list[str] = []
        self.left: list[object] = []
        self._keeper = Keeper(folder, read_spec(world), self.said.append)

    @property
    def preferences(self) -> Preferences:
        return self._preferences

    @property
    def place(self) -> Place:
        return Place("tiny", "0" * 64, 0, "one", 0, 2)

    @property
    def facts(self) -> WalkFacts:
        return self.generator.walker.facts()  # type: ignore[attr-defined]

    @property
    def keeper(self) -> Keeper:
        return self._keeper

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def resume(self) -> None:
        self.left.append("resumed")

    def leave(self, world: KnownWorld, scene: str | None) -> None:
        self.left.append((world.folder, scene))

    def quit(self) -> None:
        self.left.append("quit")


@pytest.fixture
def desk(tmp_path: Path, tiny_world: Path) -> FakeDesk:
    return FakeDesk(tmp_path, tiny_world)


@pytest.fixture
def open_(hands: Hands, desk: FakeDesk) -> Hands:
    hands.menu.open(lambda: pause_page(desk, hands.menu))
    return hands


def put(folder: Path, slot: str, world: str = "0" * 64, index: int = 1234) -> None:
    state = f'{{"index": {index}, "seed": 5, "world": "{world}"}}'
    frame = np.full((32, 48, 3), 90, np.uint8)
    save_file({"frame": frame}, folder / f"{slot}.safetensors", metadata={"state": state})


def cards(hands: Hands) -> dict[str, Card]:
    return {item.label: item for item in hands.menu.page.items if isinstance(item, Card)}


def test_the_entries_and_the_ways_back(open_: Hands, desk: FakeDesk) -> None:
    assert open_.labels == ENTRIES
    open_.press("return", "escape")
    open_.choose("Quit")
    assert desk.left == ["resumed", "resumed", "quit"]


def test_record_clip_reset_and_scenes_go_on_afterwards(open_: Hands, desk: FakeDesk) -> None:
    open_.choose("Record")
    assert desk.recording.wanted and open_.labels[5] == "Stop recording"
    open_.choose("Clip")
    assert desk.said == ["there is nothing to save yet"]
    open_.choose("Reset")
    open_.choose("Scenes")
    assert [card.mark for card in cards(open_).values()] == ["here", ""], "one is here"
    open_.choose("Two")
    assert desk.generator.restarts == [(None, None), ("two", None)]  # type: ignore[attr-defined]
    assert desk.left == ["resumed"] * 4


def test_worlds_lead_out_of_this_one(open_: Hands, desk: FakeDesk, tiny_world: Path) -> None:
    open_.choose("Worlds")
    assert cards(open_)["One"].mark == "here"
    open_.choose("Two")
    assert desk.left == [(tiny_world, "two")]


def test_a_walk_is_saved_into_a_slot(open_: Hands, desk: FakeDesk, tmp_path: Path) -> None:
    open_.choose("Save")
    assert [card.note for card in cards(open_).values()] == ["empty"] * 6
    open_.choose("Slot 3")
    desk.keeper.wait()
    assert origin_of((tmp_path / "3.safetensors").read_bytes()).scene == "one" and desk.left == ["resumed"]
    assert desk.said == ["saved: slot 3, frame 0"]


def test_saving_over_a_walk_is_asked_first(open_: Hands, desk: FakeDesk, tmp_path: Path) -> None:
    put(tmp_path, "3")
    before = (tmp_path / "3.safetensors").read_bytes()
    open_.choose("Save")
    assert cards(open_)["Slot 3"].note.startswith("frame 1,234, ")
    open_.choose("Slot 3")
    open_.press("return")
    assert (tmp_path / "3.safetensors").read_bytes() == before and "Slot 3" in open_.labels and not desk.left
    open_.choose("Slot 3")
    open_.press("down", "return")
    desk.keeper.wait()
    assert origin_of((tmp_path / "3.safetensors").read_bytes()).scene == "one" and desk.left == ["resumed"]


def test_only_what_can_be_loaded_is_loaded(open_: Hands, desk: FakeDesk, tmp_path: Path) -> None:
    put(tmp_path, "1")
    put(tmp_path, "2", world="1" * 64)
    (tmp_path / "4.safetensors").write_text("torn")
    open_.choose("Load")
    faults = {label: card.fault for label, card in cards(open_).items()}
    assert faults["Slot 1"] == "" and faults["Slot 3"] == "empty" and faults["Slot 4"] == "damaged"
    assert faults["Slot 2"].startswith("of another world")
    assert cards(open_)["Slot 1"].picture is not None
    open_.choose("Slot 3")
    assert open_.said == ["Slot 3: empty"] and not desk.left


def test_a_seed_is_typed_or_drawn(open_: Hands, desk: FakeDesk) -> None:
    restarts = desk.generator.restarts  # type: ignore[attr-defined]
    open_.choose("New seed")
    open_.choose("Random")
    open_.choose("The next")
    assert 0 <= restarts[0][1] < 10**6 and restarts[1] == (None, 1)
    open_.choose("Type a number")
    open_.type("12a3")
    open_.key(pygame.K_RETURN, "return")
    assert restarts[2] == (None, 123) and desk.said[-1] == "seed 123"
    for text in ("", str(2**63)):
        open_.choose("Type a number")
        open_.type(text)
        with pytest.raises(ArvdError, match="is no seed; type a whole number from 0 to"):
            open_.key(pygame.K_RETURN, "return")
    assert len(restarts) == 3
