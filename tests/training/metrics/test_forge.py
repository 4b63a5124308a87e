import json
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from model.actions import Action, parse_actions
from model.errors import DataError
from training.metrics import forge
from training.metrics.forge import AHEAD, FRAMES, ForgeConfig, PairedRollout, cosine, flow_profile, measure_forge
from training.metrics.perceptual import Perceptual, VideoFeatures, open_perceptual
from training.metrics.pictures import Bytes
from training.metrics.sheets import forge_sheet

from .fakes import HEIGHT, WIDTH, Camera, FakeWorld, Oracle, WallFootage, as_frame, obey, repeat, shifted, texture

# fast and slow at other times, so that the profiles of two clips differ
SOON = (Action(), *parse_actions("idle*8, yaw:4*20, yaw:0.25*80, yaw:4*4"))
LATE = (Action(), *parse_actions("idle*8, yaw:0.25*50, yaw:4*50, yaw:0.25*4"))
FOOTAGE = WallFootage((SOON, LATE))
CONFIG = ForgeConfig(clips=2)
NOTHING = open_perceptual(None)


def test_the_numbers_of_the_protocol() -> None:
    assert (AHEAD[0], AHEAD[1], AHEAD[-1], len(AHEAD)) == (1, 6, 76, 16)
    wall = texture(64, 96, seed=3)
    profile = flow_profile(np.stack([as_frame(shifted(wall, k * 1.0, 0.0)) for k in range(FRAMES + 1)]))
    assert profile.shape == (19,)
    assert profile == pytest.approx([4 * 160 / 96] * 19, rel=0.05)  # pixels of a picture 160 wide


def test_cosine_of_standing_still() -> None:
    still, moving = np.zeros(19), np.arange(19.0)
    assert cosine(moving, 3 * moving) == pytest.approx(1)
    assert cosine(still, moving) == 0
    assert np.isnan(cosine(moving, still))


def test_what_really_happened_has_the_real_profile() -> None:
    kept: list[PairedRollout] = []
    result = measure_forge(Oracle(FOOTAGE), FOOTAGE, CONFIG, NOTHING, keep=kept.append)
    assert result.rollouts == 2
    assert result.flow_cosine.generated.value == pytest.approx(1)
    assert result.flow_cosine.ceiling.value == pytest.approx(1)
    assert result.flow_cosine.poor.value < 0.9
    assert result.profile_generated == result.profile_real
    assert list(result.profile_real) == list(range(4, 77, 4))
    assert len(kept) == 2
    assert forge_sheet(kept[0]).shape == (2 * (HEIGHT + 2) - 2, 6 * (WIDTH + 2) - 2, 3)
    assert (result.lpips, result.fvd) == (None, None)
    assert [sentence.split()[0] for sentence in result.missing] == ["LPIPS", "FVD"]
    json.dumps(result.document(), allow_nan=False)


def test_other_motion_has_another_profile() -> None:
    config = ForgeConfig(clips=1)

    def backwards(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
        return obey(frame, camera, Action(yaw=4.25 - action.yaw))

    assert measure_forge(FakeWorld(backwards), FOOTAGE, config, NOTHING).flow_cosine.generated.value < 0.9
    still = measure_forge(FakeWorld(repeat), FOOTAGE, config, NOTHING).flow_cosine
    assert (still.generated.value, still.poor.count) == (0, 0)  # one clip has no other to be chance


def test_networks_join_in_when_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge, "flow_profile", lambda frames: np.ones(19))  # measured above, and slow

    class MeanColour(torch.nn.Module):
        def forward(self, video: Tensor, rescale: bool, resize: bool, return_features: bool) -> Tensor:
            assert video.shape[1:] == (3, 16, 224, 224)
            return video.mean((2, 3, 4))

    def distance(pictures: Bytes, references: Bytes) -> np.ndarray:
        return np.abs(pictures.astype(float) - references).mean((1, 2, 3))

    networks = Perceptual(distance, VideoFeatures(MeanColour()), ())  # type: ignore[arg-type]
    result = measure_forge(Oracle(FOOTAGE), FOOTAGE, CONFIG, networks)
    assert result.lpips is not None
    assert result.fvd is not None
    assert result.lpips.generated.value == result.lpips.ceiling.value == 0 < result.lpips.poor.value
    assert isinstance(result.lpips_by_frame, Mapping)
    assert list(result.lpips_by_frame) == list(AHEAD)
    assert result.fvd.generated.value == pytest.approx(0, abs=1e-9)
    assert result.fvd.poor.value > 0


def test_short_footage_is_refused() -> None:
    with pytest.raises(DataError, match="evaluation needs 84"):
        measure_forge(FakeWorld(repeat), WallFootage((SOON[:80],)), CONFIG, NOTHING)
