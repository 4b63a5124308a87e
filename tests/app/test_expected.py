"""What the doctor expects of a world in the window: with whose threads, settings and runtime it is measured."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app import engine, expected
from app.engine import has_to_be_made
from app.expected import expect
from app.options import Options
from app.screen import Screen
from app.settings import PlaySettings, Settings
from app.startup import as_set, beside_drawing
from app.surroundings import Sight, Surroundings
from model.errors import ArvdError, WorldError
from model.machine import count_threads
from model.world_spec import read_spec

from .fakes import FakeWorld, options_of

SIGHT = Sight(version="4.5", renderer="llvmpipe", on_processor=True, screen=Screen())
NONE = ArvdError("no display")


class Around(Surroundings):
    """A window and settings as a test has them."""

    def __init__(self, sight: Sight | ArvdError = SIGHT, /, **play: Any) -> None:
        self.window = sight
        self.settings = Settings(play=PlaySettings(**play))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "_MEASURE_SECONDS", 0.02)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """With what a world was opened that is no real one."""
    asked: list[Options] = []

    def open_world(options: Options) -> FakeWorld:
        asked.append(options)
        return FakeWorld()

    monkeypatch.setattr(expected, "open_world", open_world)
    return asked


def makes(*rates: float) -> Callable[[object], float]:
    """Frames a second that come out of one measurement after the other."""
    left = list(rates)
    return lambda step: left.pop(0)


def test_a_world_is_measured_as_the_window_will_play_it(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    [finding] = expect(tiny_world, Around())
    assert finding.area == "tiny" and "frames/s in the window on cpu" in finding.fact and "ready in" in finding.fact
    assert f"1 of {count_threads(None)} threads, 2 steps); it wants" in finding.fact
    assert torch.get_num_threads() == before, "the next world is not computed with what is left to this one"
    monkeypatch.setattr(expected, "_frames_per_second", lambda step: 99.0)
    monkeypatch.setattr(expected, "can_be_fitted", lambda world: False)
    assert [(found.status, found.remedy) for found in expect(tiny_world, Around())] == [("fine", "")]


@pytest.mark.parametrize(
    ("sight", "threads", "pace", "words"),
    [
        (SIGHT, -1, 16.0, "in the window"),
        (replace(SIGHT, on_processor=False), None, 16.0, "in the window"),
        (NONE, None, None, "without a window"),
    ],
)
def test_threads_and_pace_are_those_of_the_window(
    tiny_world: Path,
    opened: list[Options],
    sight: Sight | ArvdError,
    threads: int | None,
    pace: float | None,
    words: str,
) -> None:
    [finding] = expect(tiny_world, Around(sight))
    assert (opened[0].threads, opened[0].pace) == (threads, pace) and words in finding.fact


def test_a_core_is_left_for_drawing_unless_somebody_says_with_how_many_to_compute(tiny_world: Path) -> None:
    options = options_of(tiny_world)
    assert beside_drawing(options, True).threads == -1 and beside_drawing(options, False) == options
    chosen = options_of(tiny_world, "--threads", "2")
    assert beside_drawing(chosen, True) == chosen


def test_runtime_memory_and_quality_of_the_settings_count_as_far_as_there_is_a_window(
    tiny_world: Path, opened: list[Options]
) -> None:
    settings = {"runtime": "eager-fp32", "window": "a third", "quality": "4"}
    [finding] = expect(tiny_world, Around(**settings))
    assert (opened[0].runtime, opened[0].window) == ("eager-fp32", 1)
    assert "4 steps" in finding.fact and "frames in mind" in finding.fact
    [finding] = expect(tiny_world, Around(NONE, **settings))
    assert (opened[1].runtime, opened[1].window) == ("auto", None)
    assert "2 steps" in finding.fact and "in mind" not in finding.fact


def test_where_the_machine_chooses_the_steps_fewer_are_tried_as_in_play(
    tiny_world: Path, opened: list[Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expected, "_frames_per_second", makes(9.0, 18.0))
    [finding] = expect(tiny_world, Around(quality="auto"))
    assert finding.status == "fine" and "up to 18 frames/s" in finding.fact and "1 step)" in finding.fact
    monkeypatch.setattr(expected, "_frames_per_second", makes(9.0))
    [finding] = expect(tiny_world, Around())
    assert finding.status == "note" and "up to 9 frames/s" in finding.fact and "2 steps)" in finding.fact


def test_settings_that_cannot_be_followed_are_reported_and_left_out_as_in_play(
    tiny_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_world(options: Options) -> FakeWorld:
        if options.runtime != "auto":
            raise WorldError("runtime cuda-int8 needs an NVIDIA GPU; use --runtime auto")
        return FakeWorld()

    monkeypatch.setattr(expected, "open_world", open_world)
    note, finding = expect(tiny_world, Around(runtime="cuda-int8"))
    assert note.status == "note" and "needs an NVIDIA GPU" in note.fact and "Settings, Play" in note.remedy
    assert "frames/s" in finding.fact


def test_nothing_is_compiled_to_be_measured(tiny_world: Path, opened: list[Options]) -> None:
    note, finding = expect(tiny_world, Around(runtime="onnx-int8", quality="1"))
    assert note.status == "note" and "onnx-int8" in note.fact and "the next play makes it" in note.remedy
    assert opened[0].runtime == "auto" and "1 step)" in finding.fact


def test_what_is_made_already_is_measured(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asks(runtime: str, window: str = "all") -> bool:
        options = Options(world=tiny_world, spec=read_spec(tiny_world))
        return has_to_be_made(as_set(options, Around(runtime=runtime, window=window).settings.play))

    assert asks("onnx") and not asks("onnx", "a third"), "which the graphs cannot do: opening says so"
    assert not asks("auto") and not asks("eager") and not asks("cuda-graph")
    monkeypatch.setattr("model.runtimes.packages.has_compiler", lambda: True)
    assert asks("compiled") and asks("compiled-fp32", "a third")
    monkeypatch.setattr("model.runtimes.packages.are_made", lambda folder: True)
    monkeypatch.setattr("model.onnx.files.find_export", lambda *given: object())
    assert not asks("compiled") and not asks("onnx")
    monkeypatch.undo()
    monkeypatch.setattr("model.runtimes.packages.has_compiler", lambda: False)
    assert not asks("compiled"), "opening says what is missing"
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    assert not asks("onnx"), "without torch nothing can be made"


def advice(folder: Path, around: Around) -> str:
    """What is to be done about the last thing that is found."""
    return [*expect(folder, around)][-1].remedy


def test_what_helps_goes_by_who_chose_the_runtime(
    tiny_world: Path, opened: list[Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expected, "_frames_per_second", lambda step: 3.0)
    monkeypatch.setattr(expected, "can_be_fitted", lambda world: True)
    assert "--tune" in (words := advice(tiny_world, Around())) and "so does the first play" in words
    for around in (Around(fit=False), Around(NONE)):
        assert "--tune" in (words := advice(tiny_world, around)) and "first play" not in words
    words = advice(tiny_world, Around(runtime="eager"))
    assert words.startswith("leave the runtime to arvd") and "--tune" not in words
    monkeypatch.setattr(expected, "can_be_fitted", lambda world: False)
    assert advice(tiny_world, Around()).startswith("use --steps 1")


@pytest.mark.parametrize("torn", ["world.toml", "generator.safetensors"])
def test_a_damaged_world_is_a_problem(tiny_world: Path, tmp_path: Path, torn: str) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "hurt")
    (folder / torn).write_text("no")
    [finding] = expect(folder, Around())
    assert (finding.area, finding.status) == ("hurt", "problem") and torn in finding.fact
