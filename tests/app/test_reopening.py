"""The world is opened otherwise while it is played: the walk goes on, exactly where it can; what cannot be is said."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import reopening
from app.engine import World, open_world
from app.generation import Generator, GeneratorOptions
from app.hands import Sample
from app.options import Options
from app.preferences import Preferences
from app.reopening import Desk, go_on, reopened
from app.settings import Loaded, PlaySettings, Settings
from app.slots import Slots
from app.startup import as_set, open_as_set
from app.walker import Walker, WalkOptions
from model.actions import Action
from model.errors import WorldError
from model.world_spec import read_spec, world_hash

from ..tiny_world import make_tiny_world
from .fakes import options_of

PATIENCE = 30.0
WALK = [Action(forward=True, yaw=k % 5 - 2.0) for k in range(12)]


class Player:
    """A player without a window."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.options = options
        self.preferences = Preferences(Loaded(Settings()), folder / "settings.toml")
        self.slots = Slots(folder / "saves", world_hash(options.world))
        self.said: list[str] = []
        self.heard = threading.Condition()
        self.generator = Generator(
            lambda: open_world(options),
            lambda: Sample(Action(forward=True)),
            GeneratorOptions(fps=100.0),
            say=self.say,
        )

    def say(self, sentence: str) -> None:
        with self.heard:
            self.said.append(sentence)
            self.heard.notify_all()

    def hears(self, words: str) -> bool:
        with self.heard:
            return self.heard.wait_for(lambda: any(words in sentence for sentence in self.said), PATIENCE)

    def goes_on(self) -> bool:
        """Whether the walk makes frames from now on."""
        end, seen = time.monotonic() + PATIENCE, set[int]()
        while len(seen) < 5 and time.monotonic() < end:
            frame = self.generator.take()
            seen |= {frame.index} if frame is not None and frame.index else set()
            time.sleep(0.005)
        return len(seen) == 5

    def place(self) -> tuple[int, int]:
        """Frames generated so far, and how many of them can be gone back."""
        found: list[tuple[int, int]] = []
        told = threading.Event()

        def look(walker: Walker) -> None:
            found.append((walker.session.index, walker.facts().reach))
            told.set()

        self.generator.ask(look)
        assert told.wait(PATIENCE)
        return found[0]

    def turn(self, **play: str) -> None:
        settings = self.preferences.settings.play
        self.preferences.change(play=replace(settings, **play))  # type: ignore[arg-type] # all of them are words


@pytest.fixture
def player(tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    monkeypatch.setattr(reopening, "_QUIET_SECONDS", 0.05)
    player = Player(options_of(tiny_world, "--runtime", "eager-fp32"), tmp_path)
    player.generator.start()
    with reopened(player, open_world):
        yield player
    player.generator.stop()
    player.generator.check()


def test_a_shorter_memory_takes_over_in_the_midst_of_the_walk(player: Player, tiny_world: Path) -> None:
    assert player.goes_on()
    player.turn(window="a third")
    assert player.hears("computed by") and player.goes_on()
    world = player.generator.world
    assert world is not None and world.context_frames == 2
    index, reach = player.place()
    assert index == reach > 5, "the walk was not begun anew, and can be gone back to its start"
    assert player.slots.world == world.hash == world_hash(tiny_world, 1)
    player.turn(window="all", runtime="eager-fp32")
    assert player.hears("computed by eager float32, with 4 frames in mind") and player.goes_on()
    assert player.slots.world == world_hash(tiny_world)


def test_what_cannot_be_is_said_and_the_walk_goes_on(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert player.goes_on()
    before = player.generator.world
    player.turn(runtime="compiled")
    assert player.hears("needs a C++ compiler") and player.hears("the walk goes on as it was")
    assert player.generator.world is before and player.goes_on()


def test_of_a_dial_only_the_last_word_counts(player: Player) -> None:
    assert player.goes_on()
    for name in ("cuda-graph", "onnx", "compiled"):
        player.turn(runtime=name)
    player.turn(runtime="eager-fp32", window="two thirds")
    assert player.hears("computed by eager float32, with 3 frames in mind")
    assert len(player.said) == 1


def test_the_same_runtime_gives_the_same_bytes_as_no_change(tiny_world: Path, tmp_path: Path) -> None:
    options = options_of(tiny_world, "--runtime", "eager-fp32")
    walkers = [Walker(open_world(options), WalkOptions(seed=3), fps=16.0) for _ in range(2)]
    shown: list[list[bytes]] = [[], []]
    for k, action in enumerate(WALK):
        for number, walker in enumerate(walkers):
            shown[number].append(walker.step(Sample(action))[0].tobytes())
        if k == 5:
            before = walkers[1].world
            go_on(walkers[1], open_world(options), options, Slots(tmp_path, before.hash))
            assert walkers[1].world is not before and walkers[1].session.index == 6
    assert shown[0] == shown[1]


def test_weights_that_were_replaced_meanwhile_go_on_from_the_newest_frames(tiny_world: Path, tmp_path: Path) -> None:
    options = options_of(tiny_world, "--runtime", "eager-fp32")
    walker = Walker(open_world(options), WalkOptions(seed=3), fps=16.0)
    for action in WALK:
        walker.step(Sample(action))
    other = open_world(replace(options, world=make_tiny_world(tmp_path / "other", seed=7)))
    slots = Slots(tmp_path, walker.world.hash)
    go_on(walker, other, options, slots)
    assert walker.world is other and walker.facts().reach == 0 and slots.world == other.hash


def test_settings_count_where_the_command_line_is_silent(tiny_world: Path) -> None:
    play = PlaySettings(runtime="eager", window="two thirds")
    assert read_spec(tiny_world).window == 3
    silent = as_set(options_of(tiny_world), play)
    assert (silent.runtime, silent.window) == ("eager", 2)
    said = as_set(options_of(tiny_world, "--runtime", "eager-fp32", "--window", "1"), play)
    assert (said.runtime, said.window) == ("eager-fp32", 1)
    assert as_set(options_of(tiny_world), PlaySettings()) == options_of(tiny_world)


def test_settings_that_fail_here_keep_nobody_from_playing(tiny_world: Path) -> None:
    said: list[str] = []
    opened: list[Options] = []

    def opening(options: Options) -> World:
        opened.append(options)
        if options.runtime == "compiled":
            raise WorldError("compiling needs a compiler")
        return open_world(options)

    plain = options_of(tiny_world)
    world = open_as_set(plain, PlaySettings(runtime="compiled"), opening, said.append)
    assert world.runtime.startswith("eager") and opened[-1] == plain and "needs a compiler" in said[0]
    with pytest.raises(WorldError):
        open_as_set(replace(plain, runtime="compiled"), PlaySettings(), opening, said.append)


def test_a_player_is_a_desk(player: Player) -> None:
    desk: Desk = player
    assert desk.options.runtime == "eager-fp32"
