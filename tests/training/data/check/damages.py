"""What goes wrong with footage, planted: each damage with the finding that must tell of it."""

from collections.abc import Callable

import numpy as np

from model.footage.clip import Actions, Frames
from training.data.check.findings import Kind

Damage = Callable[[Frames, Actions], tuple[Frames, Actions]]

AT = 140
"""Frame at which damage is done that has a place."""

_CAMERA = slice(-2, None)


def black(frames: Frames) -> Frames:
    """Six pictures are black."""
    return np.concatenate([frames[:AT], 0 * frames[AT : AT + 6], frames[AT + 6 :]])


def frozen(frames: Frames) -> Frames:
    """The picture stands still for 30 frames."""
    return np.concatenate([frames[:AT], frames[AT : AT + 1].repeat(30, 0), frames[AT + 30 :]])


def inserted(frames: Frames) -> Frames:
    """One picture is there twice, and the last one is gone."""
    return np.concatenate([frames[:AT], frames[AT - 1 : -1]])


def dropped(frames: Frames) -> Frames:
    """One picture is missing, and the last one is there twice."""
    return np.concatenate([frames[:AT], frames[AT + 1 :], frames[-1:]])


def stuttering(frames: Frames) -> Frames:
    """Only every fourth picture was taken."""
    return frames[np.arange(len(frames)) // 4 * 4]


def menu(frames: Frames) -> Frames:
    """A menu stands before the world, which moves on behind it."""
    return np.concatenate([frames[:AT], cover(frames[AT : AT + 40]), frames[AT + 40 :]])


def menu_at_rest(frames: Frames) -> Frames:
    """A menu stands before a world that stands still."""
    return np.concatenate([frames[:AT], cover(frames[AT : AT + 1]).repeat(40, 0), frames[AT + 40 :]])


def cover(frames: Frames) -> Frames:
    """Put the panel of a menu, with its slots, before the middle of each picture."""
    covered = frames // 2
    height, width = frames.shape[1:3]
    panel = np.full((height * 3 // 4, width * 3 // 4, 3), 198, np.uint8)
    for y in range(4, panel.shape[0] - 8, 10):
        for x in range(4, panel.shape[1] - 8, 10):
            panel[y : y + 8, x : x + 8] = 90
    top, left = height // 8, width // 8
    covered[:, top : top + panel.shape[0], left : left + panel.shape[1]] = panel
    return covered


def times(actions: Actions, part: slice, value: float, start: int = 0, end: int | None = None) -> Actions:
    """Multiply some columns of some rows."""
    actions = actions.copy()
    actions[start:end, part] *= value
    return actions


def hold(actions: Actions) -> Actions:
    """The sneak key never comes up."""
    held = actions.copy()
    held[1:, 5] = 1
    return held


DAMAGES: dict[str, tuple[Kind, Damage]] = {
    "actions one frame early": ("early actions", lambda frames, actions: (frames, np.roll(actions, -1, 0))),
    "actions one frame late": ("late actions", lambda frames, actions: (frames, np.roll(actions, 1, 0))),
    "actions 12 frames late": ("late actions", lambda frames, actions: (frames, np.roll(actions, 12, 0))),
    "yaw flipped": ("yaw sign", lambda frames, actions: (frames, times(actions, slice(-1, None), -1))),
    "pitch flipped": ("pitch sign", lambda frames, actions: (frames, times(actions, slice(-2, -1), -1))),
    "radians": ("units", lambda frames, actions: (frames, times(actions, _CAMERA, np.pi / 12))),
    "degrees, slow hand": ("units", lambda frames, actions: (frames, np.clip(times(actions, _CAMERA, 15), -12, 12))),
    "black": ("black frames", lambda frames, actions: (black(frames), actions)),
    "frozen": ("frozen picture", lambda frames, actions: (frozen(frames), actions)),
    "one frame inserted": ("inserted frames", lambda frames, actions: (inserted(frames), actions)),
    "one frame dropped": ("dropped frames", lambda frames, actions: (dropped(frames), actions)),
    "every fourth frame alone": ("repeated frames", lambda frames, actions: (stuttering(frames), actions)),
    "menu, world moving": ("menu frames", lambda frames, actions: (menu(frames), actions)),
    "menu, world at rest": ("menu frames", lambda frames, actions: (menu_at_rest(frames), actions)),
    "a frame less": ("unreadable", lambda frames, actions: (frames[1:], actions)),
    "a frame more": ("unreadable", lambda frames, actions: (np.concatenate([frames, frames[-1:]]), actions)),
    "not a number": ("unreadable", lambda frames, actions: (frames, times(actions, _CAMERA, np.nan, AT, AT + 1))),
    "1e9 degrees": ("unreadable", lambda frames, actions: (frames, times(actions + 0.1, _CAMERA, 1e9, AT, AT + 9))),
    "key stuck": ("held key", lambda frames, actions: (frames, hold(actions))),
    "all actions lost": ("lost actions", lambda frames, actions: (frames, 0 * actions)),
    "60 actions lost": ("lost actions", lambda frames, actions: (frames, times(actions, slice(None), 0, AT, AT + 60))),
    "actions in reverse": ("unrelated actions", lambda frames, actions: (frames, actions[::-1])),
}
"""Kind of finding and what is done to frames and actions, which may leave them of different length."""
