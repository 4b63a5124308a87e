import numpy as np
import pytest

from model.actions import Action, parse_actions
from model.errors import DataError, WorldError
from training.inverse_dynamics import InverseDynamicsConfig, InverseDynamicsModel
from training.metrics.rolled import RUN, RolledConfig, real_runs, roll

from .fakes import WallFootage
from .readers import ReplayWorld, turn_reader

PLAY = (Action(), *parse_actions("idle*12, a+yaw:-4*6, right*8, idle*3, a+yaw:-2*9, yaw:6*5, idle*2, yaw:2*8, idle*20"))
FOOTAGE = WallFootage((PLAY, PLAY))
CONFIG = RolledConfig(clips=2, starts=2, frames=16)


def test_reads_the_turns_that_were_asked_for() -> None:
    rolled = roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), CONFIG)
    assert rolled.keys == ("forward", "left") and rolled.frames == 16
    for clip in rolled.clips:
        assert clip.asked.keys.shape == clip.real.keys.shape == (2, 16, 2)
        assert clip.real.features.shape == (2, 16, 4)
        # one pixel of the small picture is 2 degrees
        np.testing.assert_allclose(clip.real.camera[..., 1], clip.asked.camera[..., 1], atol=2.01)
        np.testing.assert_array_equal(clip.real.camera[..., 0], 0)
        np.testing.assert_array_equal(clip.real.camera, clip.generated.camera)


def test_whole_clips_are_cut_into_runs() -> None:
    clip = FOOTAGE.read(0)
    asked, read = real_runs(clip, turn_reader())
    assert asked.keys.shape[:2] == read.camera.shape[:2] == ((len(clip) - 1) // RUN, RUN)
    np.testing.assert_allclose(asked.camera[0, :, 1], clip.actions[1 : RUN + 1, -1] * 15)


def test_frames_that_cannot_be_read_are_refused_before_anything_is_drawn() -> None:
    model = InverseDynamicsModel(InverseDynamicsConfig())

    class Never:
        def start(self, *_: object, **__: object) -> None:
            raise AssertionError("nothing should be drawn")

        def reconstruct(self, frames: object) -> None: ...

    with pytest.raises(WorldError, match="96x64 cannot be read by an inverse-dynamics model of 80x48"):
        roll(Never(), FOOTAGE, model, CONFIG)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="evaluation needs"):
        roll(Never(), FOOTAGE, turn_reader(), RolledConfig(frames=500))  # type: ignore[arg-type]
