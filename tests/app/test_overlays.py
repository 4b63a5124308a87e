"""Whatever is on, at any size of window and text: nothing runs off the window, nothing stands on anything else."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pygame
import pytest

from app import theme
from app.bindings import merged
from app.handover import Frame, WalkFacts
from app.hud import Hud
from app.overlays import Counts, Mood, Overlays
from app.past import Past
from app.picture import Sprite
from app.recorder import Recorder
from app.recording import Recording
from app.settings import PictureSettings
from app.timeline import Moment
from app.toasts import Toasts
from model.actions import Action
from model.world_spec import read_spec

from .fakes import FakeWorld
from .said import reading

FACTS = WalkFacts(
    scene="two",
    seed=2**63 - 1,
    steps=4,
    auto=True,
    strength=0.1,
    faded=True,
    reach=960,
    past_bytes=200 << 20,
    context=1.0,
)
FRAME = Frame(
    np.zeros((32, 48, 3), np.uint8),
    1_000_000,
    Action(forward=True, yaw=3.0),
    step_ms=40.0,
    stage_ms={f"evaluate {k}": 10.0 for k in range(1, 5)} | {"decode": 3.0},
    rate=15.9,
    walk=FACTS,
)
GOING_BACK = replace(
    FRAME, old=True, past=Past.of([Moment(index, Action(), 4, FRAME.pixels) for index in range(999_500, 1_000_400)])
)
SIZES = [(1280, 720), (640, 400), (1920, 1080), (480, 360), (2560, 720), (700, 1200)]
LONG = "the replay was made by another 'minecraft' (hash 0123456789abcdef..., that of worlds/minecraft is 0123456789)"


pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture
def recording(tiny_world: Path, tmp_path: Path) -> Iterator[Recording]:
    recorder = Recorder(tmp_path / "replays", budget=10**9)
    recording = Recording(recorder, read_spec(tiny_world), wanted=True)
    yield recording
    recorder.close()


def record_now(recording: Recording) -> None:
    world = FakeWorld()
    recording.before_step(world, world.start(), None)
    recording.after_step(Action(), world.sessions[0].step(Action()), 1.0)


def overlays_of(world: Path, recording: Recording, text_scale: float, figures: bool) -> tuple[Overlays, Toasts]:
    toasts = Toasts(lambda: None, clock=lambda: 0.0)
    overlays = Overlays(read_spec(world), recording, toasts, figures=figures)
    overlays.text_scale = text_scale
    overlays.note_frame(FRAME)
    return overlays, toasts


def place_of(sprite: Sprite) -> pygame.Rect:
    return sprite.surface.get_rect(topleft=sprite.at)


def assert_apart(sprites: list[Sprite], size: tuple[int, int]) -> None:
    window = pygame.Rect((0, 0), size)
    sprites = [sprite for sprite in sprites if not sprite.name.startswith("past ")]  # parts of the bar stand on it
    for sprite in sprites:
        assert window.contains(place_of(sprite)), f"{sprite.name} runs off: {place_of(sprite)} in {size}"
    for one, other in combinations(sprites, 2):
        assert not place_of(one).colliderect(place_of(other)), f"{one.name} stands on {other.name} in {size}"


COUNTS = Counts(world=None, dropped=100, late=100, shown=60.0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text_scale", [0.5, 1.0, 2.0, 4.0])
def test_nothing_overlaps_or_runs_off(
    tiny_world: Path, recording: Recording, size: tuple[int, int], text_scale: float
) -> None:
    record_now(recording)
    for figures in (False, True):
        for said in (["saved"], [LONG, f"{LONG}?", "back to frame 12"]):
            for mood, frame in (
                (Mood.PLAYING, FRAME),
                (Mood.PAUSED, FRAME),
                (Mood.REWINDING, GOING_BACK),
                (Mood.PLAYING, replace(FRAME, note="to where you were: frame 123,456 of 1,000,000")),
            ):
                overlays, toasts = overlays_of(tiny_world, recording, text_scale, figures)
                for sentence in said:
                    toasts.say(sentence)
                sprites = overlays.sprites(size, 0.1, mood, frame, [], COUNTS, captured=True)
                assert_apart(sprites, size)
                names = {sprite.name for sprite in sprites}
                assert {"record", "toast 0"} <= names and ("hud" in names) == figures
                assert ("past" in names) != ("notice 0" in names) and ("past" not in names or mood is Mood.REWINDING)
                if figures and text_scale <= 1:
                    assert "hands" in names
                overlays.toggle("hands")
                assert_apart(overlays.sprites(size, 0.2, mood, frame, [], COUNTS, captured=False), size)


def test_a_bar_says_where_in_the_past_one_is(tiny_world: Path, recording: Recording) -> None:
    for figures in (False, True):
        overlays, _ = overlays_of(tiny_world, recording, 1.0, figures)
        for size in SIZES[:3]:
            sprites = overlays.sprites(size, 0.1, Mood.REWINDING, GOING_BACK, [], COUNTS, captured=True)
            assert ("past" in {sprite.name for sprite in sprites}) or (figures and size == (640, 400))
    overlays, _ = overlays_of(tiny_world, recording, 1.0, False)
    begun = overlays.sprites((1280, 720), 0.1, Mood.REWINDING, FRAME, [], COUNTS, captured=True)
    assert not {"past", "notice 0"} & {sprite.name for sprite in begun}, "the first frame of the past is still to come"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text_scale", [1.0, 2.0, 4.0])
def test_the_loading_screen_fits(
    tiny_world: Path, recording: Recording, size: tuple[int, int], text_scale: float
) -> None:
    overlays, toasts = overlays_of(tiny_world, recording, text_scale, False)
    toasts.say("settings are new")
    assert_apart(overlays.sprites(size, 0.1, Mood.LOADING, None, [], COUNTS, captured=False), size)


def test_a_notice_of_a_recording_that_ended_fits(tiny_world: Path, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, budget=10**9, free_bytes=lambda folder: 0)
    recording = Recording(recorder, read_spec(tiny_world), wanted=True)
    record_now(recording)
    recorder.close()
    assert recorder.notice
    for text_scale in (1.0, 2.0):
        for size in SIZES:
            overlays, _ = overlays_of(tiny_world, recording, text_scale, True)
            sprites = overlays.sprites(size, 0.1, Mood.PLAYING, FRAME, [], COUNTS, captured=True)
            assert_apart(sprites, size)
            assert "record" in {sprite.name for sprite in sprites}


@pytest.mark.parametrize("size", [(1280, 720), (640, 400)])
def test_words_are_larger_where_they_are_asked_to_be(
    tiny_world: Path, recording: Recording, size: tuple[int, int]
) -> None:
    record_now(recording)

    def heights(text_scale: float) -> dict[str, int]:
        overlays, toasts = overlays_of(tiny_world, recording, text_scale, True)
        toasts.say("saved")
        sprites = overlays.sprites(size, 0.1, Mood.PAUSED, FRAME, [], COUNTS, captured=True)
        return {sprite.name: sprite.surface.get_height() for sprite in sprites}

    plain, large = heights(1.0), heights(2.0)
    for name in ("hands", "record", "toast 0", "notice 0"):
        assert large[name] > 1.7 * plain[name], name


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (64, 64), (1, 900), (900, 1)])
@pytest.mark.parametrize("text_scale", [0.5, 1.0, 4.0])
def test_windows_that_hold_nothing_are_drawn_all_the_same(
    tiny_world: Path, recording: Recording, size: tuple[int, int], text_scale: float
) -> None:
    record_now(recording)
    for mood in Mood:
        overlays, toasts = overlays_of(tiny_world, recording, text_scale, True)
        toasts.say(LONG)
        for captured in (True, False):
            sprites = overlays.sprites(size, 0.1, mood, FRAME, [], COUNTS, captured)
            assert sprites and all(min(sprite.surface.get_size()) >= 1 for sprite in sprites)


@pytest.mark.parametrize(
    ("changes", "said"), [({}, "G goes"), ({"anchor": ("k",)}, "K goes"), ({"anchor": ()}, "fading")]
)
def test_a_fading_world_names_the_key_that_helps(
    tiny_world: Path, recording: Recording, changes: dict[str, tuple[str, ...]], said: str
) -> None:
    bindings = merged("left hand", changes)
    overlays = Overlays(read_spec(tiny_world), recording, Toasts(lambda: None), figures=True, bindings=lambda: bindings)
    with reading() as words:
        overlays.sprites((1280, 720), 0.1, Mood.PLAYING, FRAME, [], COUNTS, captured=True)
    (notice,) = (line for line in words if "the world is fading" in line)
    assert said in notice and ("goes back" in notice) == bool(bindings["anchor"])
    assert {"Z", "C"} <= set(words) and "A" not in words, "the hands show the keys of now as well"


@pytest.mark.parametrize(("changes", "said"), [({}, "Back goes"), ({"anchor": ("k",)}, "Key K goes")])
def test_a_fading_world_names_the_button_of_a_pad(
    tiny_world: Path, recording: Recording, changes: dict[str, tuple[str, ...]], said: str
) -> None:
    bindings = merged("default", changes)
    overlays = Overlays(read_spec(tiny_world), recording, Toasts(lambda: None), figures=True, bindings=lambda: bindings)
    overlays.by_pad = lambda: True
    with reading() as words:
        overlays.sprites((1280, 720), 0.1, Mood.PLAYING, FRAME, [], COUNTS, captured=True)
    assert f"the world is fading: {said} back to a clear frame" in words
    assert any("Start menu" in line for line in words), "so does the hint"


@pytest.mark.parametrize("still", [False, True])
def test_a_loading_screen_moves_unless_nothing_is_to_move(tiny_world: Path, recording: Recording, still: bool) -> None:
    overlays, toasts = overlays_of(tiny_world, recording, 1.0, False)
    overlays.change(PictureSettings(reduced_motion=still))
    moved = [overlays.moving(now / 60, (now - 1) / 60, Mood.LOADING) for now in range(1, 121)]
    assert sum(moved) == (0 if still else 8)
    toasts.say("settings are new")
    assert overlays.moving(3.01, 3.0, Mood.LOADING)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 400)])
@pytest.mark.parametrize("wide", [0.34, 1.0])
def test_words_stand_beside_a_page_that_leaves_room(
    tiny_world: Path, recording: Recording, size: tuple[int, int], wide: float
) -> None:
    overlays, toasts = overlays_of(tiny_world, recording, 1.0, False)
    toasts.say(LONG)
    width = round(wide * size[0])
    page = Sprite("page", theme.blank((width, size[1] - 20)), ((size[0] - width) // 2, 10))
    sprites = overlays.sprites(size, 0.1, Mood.MENU, FRAME, [page], COUNTS, captured=False)
    if wide < 1:
        assert_apart(sprites, size)
    assert [sprite.name for sprite in sprites] == ["page", "toast 0"]
    assert place_of(sprites[1]).bottom > 0.9 * size[1]


def test_figures_leave_out_what_matters_least(tiny_world: Path, recording: Recording) -> None:
    hud = Hud()
    hud.note_frame(FRAME)
    overlays, _ = overlays_of(tiny_world, recording, 1.0, True)
    facts = overlays._facts(FRAME, COUNTS)
    whole = hud.surface(lambda: facts, 1.0, 1.0, 10_000).get_height()
    assert hud.surface(lambda: facts, 1.0, 1.0, whole).get_height() == whole
    for most in range(whole, 200, -20):
        assert 0.4 * most < hud.surface(lambda: facts, 1.0, 1.0, most).get_height() <= most
