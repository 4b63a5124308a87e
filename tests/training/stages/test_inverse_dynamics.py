from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.actions import KEYS, Action
from model.autoencoder import to_pixels
from model.footage.clip import Actions, Clip, Frames
from tests.footage import HEIGHT, WIDTH, make_frames, make_records
from training.data.windows import WindowStreamConfig
from training.loop import LoopConfig, train
from training.optimizers import OptimizerConfig
from training.stages.inverse_dynamics import (
    InverseDynamicsStage,
    InverseDynamicsStageConfig,
    blurred,
    mirrored,
)

from ..metrics.readers import SMALL


@dataclass(frozen=True)
class Walls:
    """Clips of the shifting wall, in memory."""

    seeds: tuple[int, ...]
    size: tuple[int, int] = (HEIGHT, WIDTH)
    fps: float = 16.0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"wall{seed}" for seed in self.seeds)

    @property
    def frame_counts(self) -> tuple[int, ...]:
        return (30,) * len(self.seeds)

    def read(self, index: int) -> Clip:
        frames, actions = wall(self.seeds[index])
        return Clip(self.names[index], frames, actions)

    def digest(self, index: int) -> str:
        return self.names[index]


def wall(seed: int) -> tuple[Frames, Actions]:
    """Frames and actions of one wall; `left` is held whenever the camera turns left."""
    records = make_records(30, seed)
    yaw = np.array([record["yaw_delta"] for record in records], np.float32)
    actions = np.zeros((30, 11), np.float32)
    actions[:, -1] = yaw
    actions[:, KEYS.index("left")] = yaw < 0
    actions[:, KEYS.index("right")] = yaw > 0
    return make_frames(records, seed), actions


CONFIG = InverseDynamicsStageConfig(
    loop=LoopConfig(steps=150, ema_decay=0.9, optimizer=OptimizerConfig(lr=5e-3, warmup=5, decay=0.6)),
    model=replace(SMALL, keys=("left", "right"), hidden=32, features=8),
    data=WindowStreamConfig(frames=9, batch=4),
    blur=0.7,
)
SHARES = {"left": 0.44, "right": 0.44}


def make_stage(config: InverseDynamicsStageConfig = CONFIG) -> InverseDynamicsStage:
    return InverseDynamicsStage(Walls((0, 1, 2, 3)), config, torch.device("cpu"), key_shares=SHARES)


def test_learns_to_read_walls_that_it_never_saw(tmp_path: Path) -> None:
    stage = make_stage()
    assert train(stage, CONFIG.loop, tmp_path) == 150
    frames, actions = wall(9)
    with torch.inference_mode():
        reading = stage.ema(to_pixels(torch.from_numpy(frames))[None])
    turned = np.abs(actions[1:, -1]) > 0
    yaw = reading.camera[0, :, 1].numpy()
    assert (np.sign(yaw) == np.sign(actions[1:, -1]))[turned].mean() > 0.95
    assert np.abs(yaw - actions[1:, -1] * 15).mean() < 0.7
    held = actions[1:][:, [KEYS.index("left"), KEYS.index("right")]] > 0.5
    assert ((reading.keys[0].numpy() > 0) == held).mean() > 0.9


def test_loss_depends_on_seed_and_step_alone() -> None:
    one, other = make_stage(), make_stage()
    one.loss(0)
    assert one.loss(3)[0].item() == other.loss(3)[0].item()
    seeded = replace(CONFIG, loop=replace(CONFIG.loop, seed=1))
    assert make_stage(seeded).loss(3)[0].item() != other.loss(3)[0].item()
    assert {"keys", "right", "pitch_error", "yaw_error"} == set(one.loss(3)[1])


def test_what_nobody_recorded_teaches_nothing() -> None:
    class Unrecorded(Walls):
        """The camera and one key say whatever `lie` is, and that they were not recorded."""

        lie = 0.0

        def read(self, index: int) -> Clip:
            clip = super().read(index)
            known = np.ones(11, bool)
            known[[KEYS.index("left"), -2, -1]] = False
            actions = clip.actions.copy()
            actions[:, ~known] = self.lie
            return Clip(clip.name, clip.frames, actions, known)

    class Lying(Unrecorded):
        lie = 1.0

    def gradients(footage: Walls) -> list[torch.Tensor]:
        stage = InverseDynamicsStage(footage, CONFIG, torch.device("cpu"), key_shares=SHARES)
        stage.loss(0)[0].backward()
        return [parameter.grad for parameter in stage.model.parameters() if parameter.grad is not None]

    honest, lying = gradients(Unrecorded((0, 1))), gradients(Lying((0, 1)))
    assert any(gradient.abs().max() > 0 for gradient in honest)
    assert all(torch.equal(one, other) for one, other in zip(honest, lying, strict=True))


def test_rare_answers_weigh_more() -> None:
    stage = InverseDynamicsStage(
        Walls((0,)), replace(CONFIG, balance=1.0), torch.device("cpu"), key_shares={"left": 0.1, "right": 0.5}
    )
    weights = stage._weights(torch.tensor([[[1.0, 1.0], [0.0, 0.0]]]))
    torch.testing.assert_close(weights, torch.tensor([[[5.0, 1.0], [0.5 / 0.9, 1.0]]]))


def test_a_mirrored_player() -> None:
    action = Action(forward=True, left=True, yaw=3.0, pitch=2.0).vector()
    expected = Action(forward=True, right=True, yaw=-3.0, pitch=2.0).vector()
    np.testing.assert_array_equal(mirrored(torch.from_numpy(action).repeat(2, 1, 1))[1, 0].numpy(), expected)


def test_a_mirrored_clip_moves_the_other_way() -> None:
    """Motion and actions of both sides stand together, whatever is blurred."""
    stage = make_stage()
    frames, actions = wall(0)
    held = stage._hold(Clip("wall", frames, actions), np.random.default_rng(0))
    assert held.motion.shape[:2] == held.actions.shape[:2] == (2, 29)
    shift, yaw = held.motion[..., 1] * 2, held.actions[..., -1] * 15  # the second channel is the shift to the right
    for side in (0, 1):
        assert (shift[side].sign() == -yaw[side].sign()).float().mean() > 0.9
    assert torch.equal(yaw[0], -yaw[1])


def test_blur_keeps_the_mean_of_flat_pictures_and_spreads_a_point() -> None:
    flat = torch.full((1, 1, 3, 8, 10), 0.3)
    torch.testing.assert_close(blurred(flat, 1.5), flat)
    point = torch.zeros(1, 1, 1, 9, 11)
    point[..., 4, 5] = 1
    soft = blurred(point, 1.0)[0, 0, 0]
    assert soft[4, 5] == pytest.approx(1 / (2 * np.pi), rel=0.01)
    assert soft[4, 6] / soft[4, 5] == pytest.approx(np.exp(-0.5), rel=1e-4)
    assert soft[2, 5] / soft[4, 5] == pytest.approx(np.exp(-2), rel=0.01)
