from pathlib import Path
from typing import Any

import pytest

from model.footage.gf_minecraft import GFMinecraft
from tests.footage import make_frames, write_metadata, write_video
from training.data.stats import measure_stats

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
