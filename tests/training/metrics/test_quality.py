import json
from dataclasses import dataclass

import numpy as np
import pytest

from model.actions import Action, parse_actions
from model.errors import DataError
from training.metrics.pictures import PSNR_CEILING
from training.metrics.playable import CONTEXT, draw_starts
from training.metrics.quality import HORIZONS, QualityConfig, Rollout, measure_quality
from training.metrics.sheets import quality_sheet, stack

from .fakes import HEIGHT, WIDTH, FakeWorld, Oracle, WallFootage, repeat

PLAY = (Action(), *parse_actions("left*12, idle, jump, idle*2, jump*2, idle*3, jump*3, right*30, w*12"))
FOOTAGE = WallFootage((PLAY, PLAY[:1] + PLAY[:0:-1]))
CONFIG = QualityConfig(clips=2, starts=2, one_frame_starts=8)


def test_an_oracle_reaches_the_ceiling() -> None:
    kept: list[Rollout] = []
    result = measure_quality(Oracle(FOOTAGE), FOOTAGE, CONFIG, keep=kept.append)
    assert result.one_frame.generated == PSNR_CEILING == result.one_frame.ceiling
    assert result.one_frame.gain > 20
    assert result.one_frame.gain_interval[0] > 20
    assert 0 < result.one_frame.moving < result.one_frame.frames == 16
    assert result.rollouts == 4
    for row in result.horizons:
        assert row.psnr_generated == PSNR_CEILING
        assert row.ssim_generated == pytest.approx(1)
        assert row.sharpness_ratio == pytest.approx(1)
    assert len(kept) == 2
    sheet = quality_sheet(kept[0])
    assert sheet.shape == (2 * HEIGHT + 2, 5 * WIDTH + 8, 3)
    np.testing.assert_array_equal(sheet[:HEIGHT], sheet[-HEIGHT:])
    assert len(stack([sheet, sheet])) == 2 * len(sheet) + 6


def test_repeating_gains_nothing() -> None:
    result = measure_quality(FakeWorld(repeat), FOOTAGE, CONFIG)
    assert result.one_frame.gain == 0
    assert result.one_frame.gain_interval == (0, 0)
    for row in result.horizons:
        assert row.psnr_generated == row.psnr_repeat
        assert row.ssim_generated == row.ssim_repeat
    assert [row.frames_ahead for row in result.horizons] == [1, 2, 4, 8, 16, 32]  # the clips end before 64
    json.dumps(result.document(), allow_nan=False)


def test_long_footage_is_measured_further_and_every_number_has_its_interval() -> None:
    long = WallFootage((PLAY + PLAY[1:], PLAY + PLAY[:0:-1]))
    result = measure_quality(FakeWorld(repeat), long, QualityConfig(clips=2, starts=3, frames=64, one_frame_starts=2))
    assert [row.frames_ahead for row in result.horizons] == list(HORIZONS)
    for row in result.horizons:
        for name, (low, high) in row.intervals.items():
            assert low <= getattr(row, name) + 1e-9
            assert high >= getattr(row, name) - 1e-9
    last = result.horizons[-1]
    assert last.intervals["psnr_generated"] == last.intervals["psnr_repeat"]
    assert last.intervals["psnr_generated"][1] > last.intervals["psnr_generated"][0]
    assert last.intervals["psnr_ceiling"] == (PSNR_CEILING, PSNR_CEILING)


def test_starts_depend_on_the_seed_alone() -> None:
    def drawn(seed: int) -> list[int]:
        batches = draw_starts(FOOTAGE, clips=2, starts=3, horizon=32, seed=seed)
        return [start.first for starts in batches for start in starts]

    assert drawn(0) == drawn(0) != drawn(1)
    start = next(iter(draw_starts(FOOTAGE, clips=1, starts=1, horizon=32, seed=0)))[0]
    clip = FOOTAGE.read(0)
    np.testing.assert_array_equal(start.last, clip.frames[start.first - 1])
    np.testing.assert_array_equal(start.future_actions[0].vector(), clip.actions[start.first])


def test_a_start_knows_where_the_camera_looks() -> None:
    @dataclass(frozen=True)
    class Lowered(WallFootage):
        def pitch(self, index: int) -> float:
            return 20.0

    play = (Action(), *[Action(pitch=-0.5)] * 60)
    for footage, begun in ((WallFootage((play,)), 0.0), (Lowered((play,)), 20.0)):
        for start in next(iter(draw_starts(footage, clips=1, starts=3, horizon=32, seed=0))):
            assert start.pitch == pytest.approx(begun - 0.5 * max(0, start.first - CONTEXT - 1), abs=1e-4)


def test_short_clips_are_refused() -> None:
    with pytest.raises(DataError, match="wall0: has 20 frames, evaluation needs 40"):
        list(draw_starts(WallFootage((PLAY[:20],)), clips=1, starts=1, horizon=32, seed=0))
