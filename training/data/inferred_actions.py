"""Actions of footage that was recorded without them, as an inverse-dynamics model reads them from the pictures.

A clip passes through once, a few frames at a time. Each transition is read with all the neighbours before and after
it that the model looks at, so that the reading is that of the whole clip, up to rounding in the last bits.

Letters: t frames, n transitions, h and w picture height and width, c channels.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from model.autoencoder import to_pixels
from model.config import plain
from model.errors import RunError
from model.footage.clip import Actions, Frames, Known

from ..inverse_dynamics import InverseDynamicsModel


@torch.inference_mode()
def infer_actions(model: InverseDynamicsModel, chunks: Iterable[Frames]) -> Actions:
    """Read the action vectors (t, 11) of a clip whose t frames come in order, in chunks of any length.

    Keys that the model does not know stay 0. The frames are as `fitted` takes them, at the rate that the model learned.

    Raises:
        RunError: when the model reads what no camera does.
    """
    rows = [np.zeros((1, ACTION_SIZE), np.float32), *_rows(model, _motions(model, chunks))]
    actions = np.concatenate(rows)
    camera = actions[:, -2:] * DEGREES_PER_UNIT
    if not (np.abs(camera) <= MAX_CAMERA_DEGREES).all():  # also where it is not finite
        raise RunError(
            f"the inverse-dynamics model reads turns of more than {MAX_CAMERA_DEGREES:g} degrees a frame; "
            "give one that was trained to the end"
        )
    return actions


def inferred_known(model: InverseDynamicsModel) -> Known:
    """Which entries (11,) of an action vector the model reads: its keys and the camera."""
    return np.array([*(key in model.config.keys for key in KEYS), True, True])


def model_digest(model: InverseDynamicsModel) -> str:
    """SHA-256 over config and weights."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    return hashlib.sha256(json.dumps(plain(model.config)).encode() + save(tensors)).hexdigest()


def fitted(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Bytes (t, h, w, 3) -> pixels (t, 3, *size) in [-1, 1], cut around the middle to its shape and averaged down."""
    rows, columns = size
    height, width = frames.shape[1:3]
    tall, wide = min(height, round(width * rows / columns)), min(width, round(height * columns / rows))
    top, left = (height - tall) // 2, (width - wide) // 2
    return F.interpolate(to_pixels(frames[:, top : top + tall, left : left + wide]), size=size, mode="area")


def _motions(model: InverseDynamicsModel, chunks: Iterable[Frames]) -> Iterator[Tensor]:
    """Motion (n, c) of the transitions within and between chunks, each once."""
    device = next(model.parameters()).device
    last = torch.zeros(0, 3, *model.config.size, device=device)
    for frames in chunks:
        pictures = torch.cat([last, fitted(torch.from_numpy(frames).to(device), model.config.size)])
        if len(pictures) > 1:
            yield model.motion(pictures[None])[0]
        last = pictures[-1:]


def _rows(model: InverseDynamicsModel, motions: Iterable[Tensor]) -> Iterator[Actions]:
    """Action vectors of all transitions, in pieces, from the motion of all of them, in pieces."""
    reach = model.config.reach
    held = torch.zeros(0, model.motion.channels, device=next(model.parameters()).device)
    done = 0  # transitions at the front of `held` that were read, and stay for those after them
    for motion in motions:
        held = torch.cat([held, motion])
        ready = len(held) - reach
        if ready > done:
            yield _read(model, held, slice(done, ready))
            past = max(0, ready - reach)
            held, done = held[past:], ready - past
    if done < len(held):
        yield _read(model, held, slice(done, len(held)))


def _read(model: InverseDynamicsModel, motion: Tensor, part: slice) -> Actions:
    reading = model.read(model.summarise(motion[None]))
    keys, camera = (found[0, part].float().cpu().numpy() for found in (reading.keys, reading.camera))
    rows = np.zeros((len(camera), ACTION_SIZE), np.float32)
    rows[:, [KEYS.index(key) for key in model.config.keys]] = keys > 0
    rows[:, -2:] = camera / np.float32(DEGREES_PER_UNIT)
    return rows
