"""Actions of latents that hold several frames each: between rows per frame, as LMDB files hold them, and steps.

The Wan autoencoder makes one latent of frame 0 and then one of every 4 frames: with r frames a latent, latent i >= 1
covers frames r(i-1)+1 .. ri. Our models take a step per latent and one action per step. The action of a step is what
the hands did during its frames: camera motion is the sum over them, which is what the camera turned; a key is held if
it was held in any of them, which is what the player does with a tap that is shorter than a step. So what a model learns
is what it is played with. The other way, a step's camera motion is spread evenly over its frames and its keys are held
in each; what the frames had of their own is not brought back.

Rows are [W, S, A, D], or those and [jump, attack] (Matrix-Game), with camera motion as [-pitch, +yaw] in units of 15
degrees. Rows are post-action where row k led to frame k, pre-action where it was done on seeing frame k.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from model.errors import DataError
from model.footage.clip import Actions

Alignment = Literal["post", "pre"]
"""Which frame a row is written with: the one that it led to, or the one that it was done on."""

_KEYS = tuple(KEYS.index(key) for key in ("forward", "back", "left", "right", "jump", "attack"))
KEYBOARD_WIDTHS = (4, 6)
"""Numbers of a keyboard row."""


def steps(
    keyboard: npt.NDArray[np.float32], mouse: npt.NDArray[np.float32], count: int, alignment: Alignment, where: str
) -> Actions:
    """Action vectors (count, 11) of the latents of a clip, from rows (f, 4 or 6) and (f, 2) of its frames.

    Raises:
        DataError: naming `where` they are from, when the frames do not divide into latents or a row is out of range.
    """
    per = frames_per_latent(len(mouse), count, where)
    if not ((keyboard >= 0) & (keyboard <= 1)).all():
        raise DataError(f"{where}: a key is not between 0 and 1; export the file again")
    if not (np.abs(mouse) * DEGREES_PER_UNIT <= MAX_CAMERA_DEGREES).all():
        raise DataError(
            f"{where}: the camera turns more than {MAX_CAMERA_DEGREES:g} degrees in a frame or is no number; "
            f"give units of {DEGREES_PER_UNIT:g} degrees"
        )
    rows = np.zeros((len(mouse), ACTION_SIZE), np.float32)
    rows[:, _KEYS[: keyboard.shape[1]]] = keyboard >= 0.5
    rows[:, -2], rows[:, -1] = -mouse[:, 0], mouse[:, 1]
    led = rows[1:] if alignment == "post" else rows[:-1]
    led = led.reshape(count - 1, per, ACTION_SIZE)
    vectors = np.zeros((count, ACTION_SIZE), np.float32)
    vectors[1:, :-2] = led[:, :, :-2].max(1)
    vectors[1:, -2:] = led[:, :, -2:].sum(1)
    return vectors + np.float32(0)  # no -0, which the sign of pitch makes of a still camera


def rows(vectors: Actions, per: int, alignment: Alignment) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Rows of keyboard (f, 4) and mouse (f, 2) of the frames of a clip, from its steps (t, 11) of `per` frames."""
    spread = np.repeat(vectors[1:], per, axis=0)
    spread[:, -2:] /= per
    led = np.zeros((1 + len(spread), ACTION_SIZE), np.float32)
    if alignment == "post":
        led[1:] = spread
    else:
        led[:-1] = spread
    mouse = np.stack([-led[:, -2], led[:, -1]], axis=1) + np.float32(0)
    return np.ascontiguousarray(led[:, _KEYS[:4]]), mouse


def frames_per_latent(frames: int, latents: int, where: str) -> int:
    """Frames that each latent but the first covers.

    Raises:
        DataError: when they do not divide.
    """
    if latents == 1 and frames == 1:
        return 1
    per, rest = divmod(frames - 1, max(1, latents - 1))
    if rest or per < 1 or latents < 2:
        raise DataError(
            f"{where}: {frames} actions do not divide into {latents} latents; expected 1 + n x (latents - 1)"
        )
    return per
