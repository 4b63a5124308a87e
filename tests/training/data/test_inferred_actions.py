from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.actions import KEYS
from model.autoencoder import to_pixels
from model.errors import RunError
from model.footage.clip import Frames
from tests.footage import make_frames, make_records
from tests.training.metrics.readers import SMALL, turn_reader
from training.data.inferred_actions import fitted, infer_actions, inferred_known, model_digest
from training.inverse_dynamics import InverseDynamicsModel, shrink

FAR = replace(SMALL, hidden=16, dilations=(1, 2, 1))
"""Looks 8 transitions back and forth, as the default does."""


def far_model() -> InverseDynamicsModel:
    torch.manual_seed(3)
    return InverseDynamicsModel(FAR).eval()


def cut(frames: Frames, lengths: Sequence[int]) -> Iterator[Frames]:
    """Chunks of the given lengths in turn, until all is handed out."""
    start = turn = 0
    while start < len(frames):
        length = lengths[turn % len(lengths)]
        yield frames[start : start + length]
        start, turn = start + length, turn + 1


def walk(count: int, seed: int = 0) -> Frames:
    return make_frames(make_records(count, seed), seed)


@pytest.mark.parametrize("lengths", [[1], [2], [5], [32], [3, 1, 17], [9, 8]])
@pytest.mark.parametrize("count", [2, 9, 18, 75])
def test_pieces_read_as_the_whole_clip_does(lengths: list[int], count: int) -> None:
    model, frames = far_model(), walk(count)
    with torch.inference_mode():
        reading = model(to_pixels(torch.from_numpy(frames))[None])
    actions = infer_actions(model, cut(frames, lengths))
    assert actions.shape == (count, 11) and actions.dtype == np.float32 and not actions[0].any()
    np.testing.assert_allclose(actions[1:, -2:] * 15, reading.camera[0].numpy(), atol=2e-5)
    columns = [KEYS.index(key) for key in FAR.keys]
    np.testing.assert_array_equal(actions[1:, columns], (reading.keys[0] > 0).float().numpy())
    assert not actions[:, [column for column in range(9) if column not in columns]].any()
    if count == 75:
        assert 0 < actions[1:, columns].mean() < 1 and actions[1:, -1].std() > 1e-3  # there was something to get wrong


def test_memory_does_not_grow_with_the_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    model, seen = far_model(), []
    summarise = model.summarise

    def spy(motion: torch.Tensor) -> torch.Tensor:
        seen.append(motion.shape[1])
        return summarise(motion)

    monkeypatch.setattr(model, "summarise", spy)
    frames = walk(20)
    infer_actions(model, (frames for _ in range(20)))
    assert len(seen) > 10 and max(seen) <= 20 + 2 * FAR.reach


def test_turns_are_read_with_their_frame() -> None:
    frames = walk(24, seed=2)
    turned = np.array([record["yaw_delta"] for record in make_records(24, 2)])
    actions = infer_actions(turn_reader(), cut(frames, [7]))
    np.testing.assert_allclose(actions[1:, -1], 2 * turned[1:], atol=1e-5)  # it takes a pixel for two degrees
    assert (actions[1:, KEYS.index("left")] == (2 * 15 * turned[1:] < -1)).all()


def test_one_frame_has_no_action() -> None:
    assert infer_actions(far_model(), [walk(1)]).tolist() == [[0] * 11]


def test_what_a_model_knows() -> None:
    known = inferred_known(far_model())
    assert [name for name, is_known in zip((*KEYS, "pitch", "yaw"), known, strict=True) if is_known] == [
        "forward",
        "left",
        "pitch",
        "yaw",
    ]


def test_pictures_are_cut_around_the_middle_and_averaged() -> None:
    frames = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8))
    torch.testing.assert_close(fitted(frames, (32, 48)), shrink(to_pixels(frames), (32, 48)))
    wide = torch.cat([torch.zeros(2, 64, 10, 3, dtype=torch.uint8), frames, torch.zeros_like(frames[:, :, :10])], 2)
    torch.testing.assert_close(fitted(wide, (32, 48)), fitted(frames, (32, 48)))
    tall = torch.cat([torch.zeros(2, 6, 96, 3, dtype=torch.uint8), frames, torch.zeros_like(frames[:, :6])], 1)
    torch.testing.assert_close(fitted(tall, (32, 48)), fitted(frames, (32, 48)))


def test_sizes_that_are_no_multiple_are_averaged_too() -> None:
    frames = torch.full((1, 50, 75, 3), 51, dtype=torch.uint8)
    torch.testing.assert_close(fitted(frames, (32, 48)), torch.full((1, 3, 32, 48), 51 / 127.5 - 1))


@pytest.mark.parametrize("bias", [float("nan"), float("inf"), 46.0])
def test_a_model_that_reads_nonsense_is_named(bias: float) -> None:
    model = far_model()
    with torch.no_grad():
        model.camera_head.bias[1] = bias  # times 4 degrees
    with pytest.raises(RunError, match="reads turns of more than 180 degrees a frame"):
        infer_actions(model, [walk(4)])


def test_digest_follows_weights_and_config() -> None:
    one, same, other = far_model(), far_model(), far_model()
    with torch.no_grad():
        other.key_head.bias[0] += 1e-3
    torch.manual_seed(3)
    renamed = InverseDynamicsModel(replace(FAR, keys=("forward", "right"))).eval()
    assert model_digest(one) == model_digest(same) and len(model_digest(one)) == 64
    assert len({model_digest(model) for model in (one, other, renamed)}) == 3
