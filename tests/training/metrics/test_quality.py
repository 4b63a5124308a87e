import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from model.actions import Action, parse_actions
from model.errors import DataError
from training.metrics.pictures import PSNR_CEILING, Bytes
from training.metrics.playable import CONTEXT, check_size, draw_starts
from training.metrics.quality import HORIZONS, QualityConfig, Rollout, measure_quality
from training.metrics.sheets import quality_sheet, stack

from .fakes import HEIGHT, WIDTH, FakeWorld, WallFootage, repeat

PLAY = (Action(), *parse_actions("left*12, idle, jump, idle*2, jump*2, idle*3, jump*3, right*30, w*12"))
FOOTAGE = WallFootage((PLAY, PLAY[:1] + PLAY[:0:-1]))
CONFIG = QualityConfig(clips=2, starts=2, one_frame_starts=8)


@dataclass
class _Replay:
    frames: list[Bytes]

    def step(self, action: Action) -> Bytes:
        del action
        return self.frames.pop(0)


class Oracle:
    """Finds its context in the footage and knows what followed."""

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Bytes, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> _Replay:
        del scene, seed, steps, pitch
        assert clip is not None
        frames, actions = clip
        assert len(frames) == len(actions) == CONTEXT
        for index in range(2):
            real = FOOTAGE.read(index)
            for k in range(CONTEXT, len(real)):
                vectors = np.stack([action.vector() for action in actions])
                alike = np.array_equal(real.frames[k - CONTEXT : k], frames)
                if alike and np.allclose(real.actions[k - CONTEXT : k], vectors):
                    return _Replay(list(real.frames[k:]))
        raise AssertionError("context and actions were not handed over as they stand in the footage")

    def reconstruct(self, frames: Bytes) -> Bytes:
        return frames


def test_an_oracle_reaches_the_ceiling() -> None:
    kept: list[Rollout] = []
    result = measure_quality(Oracle(), FOOTAGE, CONFIG, keep=kept.append)
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
    assert [row.frames_ahead for row in result.horizons] == list(HORIZONS)
    json.dumps(result.document(), allow_nan=False)


def test_starts_depend_on_the_seed_alone() -> None:
    def drawn(seed: int) -> list[int]:
        batches = draw_starts(FOOTAGE, clips=2, starts=3, horizon=32, seed=seed)
        return [start.first for starts in batches for start in starts]

    assert drawn(0) == drawn(0) != drawn(1)
    start = next(iter(draw_starts(FOOTAGE, clips=1, starts=1, horizon=32, seed=0)))[0]
    clip = FOOTAGE.read(0)
    np.testing.assert_array_equal(start.last, clip.frames[start.first - 1])
    np.testing.assert_array_equal(start.future_actions[0].vector(), clip.actions[start.first])


def test_short_clips_and_other_sizes_are_refused() -> None:
    with pytest.raises(DataError, match="wall0: has 20 frames, evaluation needs 40"):
        list(draw_starts(WallFootage((PLAY[:20],)), clips=1, starts=1, horizon=32, seed=0))
    with pytest.raises(DataError, match="the footage is 96x64 but the world draws 160x96"):
        check_size(FOOTAGE, 96, 160)
