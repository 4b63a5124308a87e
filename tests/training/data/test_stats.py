import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.actions import ACTION_SIZE
from model.footage.clip import Actions, Dataset, Details, Frames, Known, Prompt
from model.footage.gf_minecraft import GFMinecraft
from model.footage.subset import Subset
from tests.footage import make_frames, write_metadata, write_video
from training.data.stats import TURN_EDGES, measure_stats

STILL: dict[str, Any] = {"ws": 0, "ad": 0, "scs": 0, "pitch_delta": 0.0, "yaw_delta": 0.0}


def test_numbers_of_a_dataset(tmp_path: Path) -> None:
    moves: list[dict[str, Any]] = [
        {"ws": 1},
        {"ws": 1, "scs": 1},
        {"ad": 2, "yaw_delta": 0.4},
        {"yaw_delta": -0.4},
    ]
    for name in ("a", "b"):
        records = [STILL, *(STILL | move for move in moves)]
        write_metadata(tmp_path / f"{name}.json", records)
        write_video(tmp_path / f"{name}.mp4", make_frames(records, 0))
    stats = measure_stats(GFMinecraft(tmp_path))
    assert (stats.clips, stats.frames) == (2, 10)
    assert stats.hours == pytest.approx(10 / 16 / 3600)
    assert stats.key_shares["forward"] == 0.5 and stats.key_shares["jump"] == 0.25
    assert stats.key_shares["right"] == 0.25 and stats.key_shares["attack"] == 0
    assert stats.turning == 0.5 and stats.pitch_std == 0
    assert stats.yaw_std == pytest.approx(6 * 0.5**0.5)


def test_a_clip_of_one_frame_has_numbers_too(tmp_path: Path) -> None:
    write_metadata(tmp_path / "a.json", [STILL])
    write_video(tmp_path / "a.mp4", make_frames([STILL], 0))
    stats = measure_stats(GFMinecraft(tmp_path))
    assert stats.frames == 1 and stats.turning == 0


class Recorded(Dataset):
    """Two clips in memory: one in which all was recorded, one of a keyboard alone."""

    names = ("a", "b")
    fps = 10.0
    frame_counts = (6, 4)
    size = (32, 48)

    def actions(self, index: int) -> Actions:
        actions = np.zeros((self.frame_counts[index], ACTION_SIZE), np.float32)
        if index == 0:
            actions[2, [0, 4]] = 1
            actions[2, -1] = 7 / 15
            actions[5, -2] = -0.5 / 15
        else:
            actions[1:3, 0] = 1
        return actions

    def known(self, index: int) -> Known:
        known = np.ones(ACTION_SIZE, np.bool_)
        if index == 1:
            known[:] = False
            known[:4] = True
        return known

    def details(self, index: int) -> Details:
        prompts = (Prompt(0, 4, "a walk"), Prompt(4, 6, "a rest"))
        return Details(biome="taiga", time="noon", prompts=prompts, tags=("first",)) if index == 0 else Details()

    def chunks(self, index: int) -> Iterator[Frames]:
        raise AssertionError("statistics decode nothing")

    def digest(self, index: int) -> str:
        return str(index)


def test_only_what_was_recorded_counts() -> None:
    stats = measure_stats(Recorded())
    assert stats.key_shares["forward"] == 3 / 8 and stats.key_shares["jump"] == 1 / 5
    assert stats.unknown == ()
    assert stats.turning == 2 / 5
    assert stats.idle == 4 / 8 and stats.longest_still == ("a", 2)
    assert stats.held_together == (5 / 8, 2 / 8, 1 / 8)
    turns = dict(zip(pairwise(TURN_EDGES), stats.yaw_turns, strict=True))
    assert turns[5.0, 10.0] == 1 and turns[-0.25, 0.25] == 4 and sum(turns.values()) == 5
    assert dict(zip(pairwise(TURN_EDGES), stats.pitch_turns, strict=True))[-1.0, -0.25] == 1
    assert stats.yaw_std == pytest.approx(np.std([0, 7, 0, 0, 0]))


def test_what_the_clips_say_of_themselves_is_counted() -> None:
    stats = measure_stats(Recorded())
    assert stats.biomes == {"taiga": 1} and stats.times == {"noon": 1} and stats.weathers == {}
    assert stats.tags == {"first": 1} and stats.prompts == {"a walk": 4, "a rest": 2}
    assert json.loads(json.dumps(stats.document()))["prompts"]["a rest"] == 2


def test_keys_that_no_clip_recorded_are_named() -> None:
    stats = measure_stats(Subset(Recorded(), (1,)))
    assert stats.unknown == ("jump", "sneak", "sprint", "attack", "use", "camera")
    assert stats.key_shares["jump"] == 0 and stats.turning == 0 and stats.yaw_std == 0
