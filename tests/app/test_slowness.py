"""What is said of a machine that is too slow, and when; what it says has to be so."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.bindings import merged
from app.handover import Frame
from app.overlays import Overlays
from app.recorder import Recorder
from app.recording import Recording
from app.slowness import Slowness
from app.toasts import Toasts
from model.world_spec import read_spec

from .fakes import WALK, picture

SLOW = replace(WALK, steps=4, too_slow=True)
_SLOWER = "this machine is too slow for the world with 4 steps a frame: fewer may help"


def test_it_is_said_once_for_each_number_of_steps() -> None:
    slowness, bindings = Slowness(), merged("default", {})
    walks = (WALK, SLOW, SLOW, replace(SLOW, too_slow=False), SLOW, replace(SLOW, steps=1, fewest=True), SLOW)
    assert [slowness.words(walk, bindings, by_pad=False) for walk in walks] == [
        None, f"{_SLOWER} (key -)", None, None, None,
        "this machine is too slow for the world even with 1 step a frame: "
        "another runtime or a shorter memory may help (Esc, Settings, Play)",
        None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "by_pad", "help_"),
    [
        ({"fewer steps": ("k",)}, False, "key K"),
        ({"fewer steps": ("f8",)}, False, "F8"),
        ({}, True, "D-pad down"),
        ({"fewer steps": (), "menu": ("m",)}, False, "M, Settings, Play"),
        ({"fewer steps": (), "menu": ()}, False, "Settings, Play"),
    ],
)
def test_it_names_what_helps_by_the_keys_of_now(changes: dict[str, tuple[str, ...]], by_pad: bool, help_: str) -> None:
    assert Slowness().words(SLOW, merged("default", changes), by_pad=by_pad) == f"{_SLOWER} ({help_})"


@pytest.mark.usefixtures("fonts")
def test_it_is_read_over_the_picture(tiny_world: Path, tmp_path: Path) -> None:
    recording, frame = Recording(Recorder(tmp_path, budget=10**9), read_spec(tiny_world)), Frame(picture(1), 1)
    toasts = Toasts(lambda: None, clock=lambda: 0.0)
    overlays = Overlays(read_spec(tiny_world), recording, toasts, figures=False)
    overlays.note_frame(replace(frame, walk=WALK))
    overlays.note_frame(replace(frame, walk=SLOW, old=True))
    assert not toasts.moving(1.0)
    overlays.note_frame(replace(frame, walk=SLOW))
    assert toasts.moving(1.0)
