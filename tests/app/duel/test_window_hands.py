"""What keys and buttons do in a comparison, on no display."""

from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pygame
import pytest

from app.bindings import PRESSED
from app.duel.ballot import Ballot
from app.duel.options import DuelOptions
from app.duel.rounds import Round, Start
from app.duel.votes import Contender, read_votes
from app.duel.voting import Choice
from app.duel.window import DuelPlayer
from app.engine import Pixels
from app.hands import Hands
from app.inputs import Inputs
from app.keepsakes import Keeper, Place
from app.preferences import Preferences
from app.settings import HandsSettings, Loaded, Settings
from model.actions import Action

from ..fakes import picture
from ..held_disk import PATIENCE, HeldDisk
from .test_duel import options_of

pytestmark = pytest.mark.usefixtures("us_keyboard")

Bound = dict[str, tuple[str, ...]]

PLACE = Place("tiny", "0" * 64, 7, "one", 25, 2, versus="other")


class FakeWindow:
    """Holds the mouse."""

    captured = True

    def capture(self, captured: bool) -> None:
        self.captured = captured


class FakeDuel:
    """Notes what both worlds are to do."""

    round = "this round"

    def __init__(self, done: list[object]) -> None:
        self._done = done

    def pause(self, paused: bool) -> None:
        self._done.append("pause" if paused else "go on")

    def step_once(self) -> None:
        self._done.append("step")

    def next_round(self) -> str:
        return "the next round"

    def begin(self, round_: str) -> None:
        self._done.append(round_)


def entry_at(place: tuple[int, int], order: tuple[int, int]) -> str | None:
    """As if what can be voted stood there."""
    return {10: "left", 20: "none", 30: "right"}.get(place[0])


class Playing(DuelPlayer):
    """A comparison that is played by such bindings, and what came of what hands did."""

    def __init__(self, **bound: tuple[str, ...]) -> None:
        self.votes: list[str] = []
        self.said: list[str] = []
        self.done: list[object] = []
        settings = HandsSettings(bindings=bound)
        self.preferences = Preferences(Loaded(Settings(hands=settings)), Path("nowhere"))
        self.hands, self.window = Hands(), FakeWindow()
        rest: Any = self
        rest._seat = SimpleNamespace(
            inputs=Inputs(settings, self.hands), hands=self.hands, preferences=self.preferences, stop=Event()
        )
        rest._window, rest._duel = self.window, FakeDuel(self.done)
        rest._display = SimpleNamespace(stale=False, warps=False, pair="a pair", choice_at=entry_at)
        rest._round = SimpleNamespace(order=(0, 1))
        rest.keeper = SimpleNamespace(screenshot=lambda pixels, place: self.done.append(place))
        self._paused = self._rewinding = False
        self._shows_figures = True

    @property
    def place(self) -> Place:
        return PLACE

    @property
    def paused(self) -> bool:
        return self._paused

    def seen(self) -> Pixels:
        return picture(1)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def press(self, *keys: int, down: bool = True) -> None:
        for key in keys:
            self._handle(pygame.event.Event(pygame.KEYDOWN if down else pygame.KEYUP, key=key), 2.0)

    def press_pad(self, *buttons: int) -> None:
        for button in buttons:
            self._handle(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=button, instance_id=0), 2.0)

    def click(self, x: int, button: int = 1) -> None:
        self._handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=button, pos=(x, 5)), 2.0)

    def _vote(self, choice: str, now: float) -> None:
        self.votes.append(choice)


class Voting(Playing):
    """The same with votes that are logged."""

    def __init__(self, options: DuelOptions) -> None:
        super().__init__()
        rest: Any = self
        rest._ballot, rest._display.pair = Ballot(options), SimpleNamespace(index=25)
        rest._round = rest._duel.round = Round(1, Start("one", Path("one.png")), 7, False)
        self.keeper = Keeper(Path("nowhere"), options.sides[0].spec, self.say)

    def _contender(self, side: int) -> Contender:
        return Contender(name="tiny", hash=str(side), steps=1)

    def _vote(self, choice: Choice, now: float) -> None:
        DuelPlayer._vote(self, choice, now)


def test_a_vote_waits_for_no_disk_and_is_logged_when_one_has_left(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, log = HeldDisk(monkeypatch), tmp_path / "votes.jsonl"
    playing = Voting(options_of(tiny_world, tiny_world, votes=log))
    playing.press(pygame.K_1)  # would hang here
    assert disk.reached.wait(PATIENCE) and playing.done == ["the next round"]
    playing.press(pygame.K_2)
    disk.free.set()
    playing.keeper.wait()  # as at the end
    assert [vote.choice for vote in read_votes(log)[0]] == ["left", "right"] and not playing.said


def test_a_vote_that_cannot_be_logged_is_said(tiny_world: Path, tmp_path: Path) -> None:
    playing = Voting(options_of(tiny_world, tiny_world, votes=tmp_path))  # a folder
    playing.press(pygame.K_1)
    playing.keeper.wait()
    assert playing.said == ["the vote could not be written (Is a directory); it counts until you leave"]


@pytest.mark.parametrize(
    ("bound", "votes", "done"),
    [
        ({}, ["left", "right", "none"], []),
        ({"forward": ("1",)}, ["right", "none"], []),
        ({"pause": ("1",), "step": ("2",)}, ["none"], ["pause", "step"]),
        ({"record": ("1",), "rewind": ("2",)}, ["left", "right", "none"], []),
    ],
)
def test_a_key_that_does_something_here_does_that_and_any_other_votes(
    bound: Bound, votes: list[str], done: list[str]
) -> None:
    playing = Playing(**bound)
    playing.press(pygame.K_1, pygame.K_2, pygame.K_0)
    assert (playing.votes, playing.done, playing.said) == (votes, done, [])
    assert playing.hands.sample().action == Action(forward="forward" in bound)


def test_a_click_votes_while_the_mouse_is_free_and_goes_on() -> None:
    playing = Playing()
    playing.click(10)
    assert not playing.votes, "it is a blow in the world"
    for x, button, votes in ((30, 1, ["right"]), (5, 1, ["right"]), (10, 3, ["right"]), (20, 1, ["right", "none"])):
        playing.press(pygame.K_ESCAPE)
        assert playing.paused
        playing.click(x, button)
        assert playing.votes == votes and playing.window.captured and not playing.paused


@pytest.mark.parametrize("walks", [False, True])
def test_the_cross_of_a_pad_votes_unless_it_walks(walks: bool) -> None:
    playing = Playing(**({"left": ("pad left",)} if walks else {}))
    playing.press_pad(pygame.CONTROLLER_BUTTON_DPAD_LEFT, pygame.CONTROLLER_BUTTON_DPAD_DOWN)
    assert playing.votes == (["none"] if walks else ["left", "none"]) and not playing.said
    assert playing.hands.sample().action == Action(left=walks)


@pytest.mark.parametrize(
    "bound", [{}, {"menu": ("m",)}, {"menu": ("m",), "pause": ("escape",)}, {"menu": ("m",), "forward": ("escape",)}]
)
def test_escape_frees_the_mouse_and_pauses_whatever_it_does_besides(bound: Bound) -> None:
    playing = Playing(**bound)
    playing.press(pygame.K_ESCAPE)
    assert not playing.window.captured and playing.paused
    assert playing.hands.sample().action == Action(), "and lets go of what it held"


@pytest.mark.parametrize("command", ["rewind", *PRESSED])
def test_every_command_does_something_or_it_is_said_that_it_is_not_there(command: str) -> None:
    playing = Playing(**{command: ("k",)})
    settings = playing.preferences.settings
    playing.press(pygame.K_k, pygame.K_w)
    words = f"{command}: not there while two worlds are compared"
    if command in ("rewind", "save", "load", "previous scene", "anchor", "more steps", "fewer steps", "record", "clip"):
        assert playing.said == [words] and not playing.done
    elif command in ("figures", "hands"):
        assert not playing._shows_figures
    elif command in ("late warp", "filter", "fullscreen"):
        assert playing.preferences.settings != settings and words not in playing.said
    else:
        assert playing.done == {
            "menu": ["pause"], "pause": ["pause"], "step": ["step"], "reset": ["this round"],
            "next scene": ["the next round"], "screenshot": [PLACE],
        }[command]  # fmt: skip


def test_a_picture_is_not_kept_before_there_is_one() -> None:
    playing = Playing()
    playing._display.pair = None
    playing.press(pygame.K_F12)
    assert not playing.done
