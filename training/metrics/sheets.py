"""Contact sheets: rows of frames to look at beside the numbers, as PNG."""

from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from model.files import write_atomically

from .constant import ACTIONS, Held
from .control import FORCES, Rollouts
from .drift import Glimpses
from .forge import PairedRollout
from .idle import Stand
from .memory import Recall
from .pictures import Bytes
from .quality import Rollout

QUALITY_AHEAD = (1, 4, 8, 16, 32)
"""Frames ahead shown of a quality rollout; above the real ones, below the generated ones."""

CONTROL_AHEAD = (8, 16, 24, 32)
"""Frames ahead shown of a control rollout, after the real frame that it starts from; one row a force."""

FORGE_AHEAD = (1, 16, 31, 46, 61, 76)
"""Frames ahead shown of a rollout of 77; above the real ones, below the generated ones."""

CONSTANT_AHEAD = (19, 38, 57, 76)
"""Frames ahead shown of a constant action, after the real frame that it starts from; one row an action."""

_MEMORY_COLUMNS, _DRIFT_COLUMNS, _IDLE_COLUMNS = 5, 11, 6
_GAP = 2  # pixels between frames
_PAPER = 255


def quality_sheet(rollout: Rollout) -> Bytes:
    """Two rows, real and generated, at `QUALITY_AHEAD`: (H, W, 3)."""
    ahead = np.array(QUALITY_AHEAD) - 1
    return grid([list(rollout.start.future[ahead]), list(rollout.generated[ahead])])


def control_sheet(rollouts: Rollouts) -> Bytes:
    """A row per force (left, right, w, s): the start frame, then `CONTROL_AHEAD`: (H, W, 3)."""
    ahead = np.array(CONTROL_AHEAD) - 1
    return grid([[rollouts.start.last, *rollouts.generated[force.name][ahead]] for force in FORCES])


def forge_sheet(rollout: PairedRollout) -> Bytes:
    """Two rows, real and generated, at `FORGE_AHEAD`: (H, W, 3)."""
    ahead = np.array(FORGE_AHEAD) - 1
    return grid([list(rollout.start.future[ahead]), list(rollout.generated[ahead])])


def constant_sheet(held: Held) -> Bytes:
    """A row per constant action: the start frame, then `CONSTANT_AHEAD`: (H, W, 3)."""
    ahead = np.array(CONSTANT_AHEAD) - 1
    return grid([[held.start.last, *held.generated[name][ahead]] for name in ACTIONS])


def memory_sheet(recall: Recall) -> Bytes:
    """A row per path: five frames from its start to its return, evenly spaced: (H, W, 3)."""
    return grid([_spaced(frames, _MEMORY_COLUMNS) for frames in recall.frames.values()])


def drift_sheet(glimpses: Glimpses) -> Bytes:
    """One row: the first frame of a long play, then ten on its way, evenly spaced: (H, W, 3)."""
    return grid([_spaced(glimpses.frames, _DRIFT_COLUMNS)])


def idle_sheet(stand: Stand) -> Bytes:
    """One row: a view when one stops, then up to five on its way, evenly spaced: (H, W, 3)."""
    return grid([_spaced(stand.frames, _IDLE_COLUMNS)])


def grid(rows: Sequence[Sequence[Bytes]]) -> Bytes:
    """Frames (h, w, 3) in rows of one length -> one picture (H, W, 3) with white gaps."""
    height, width = rows[0][0].shape[:2]
    down, across = height + _GAP, width + _GAP
    sheet = np.full((down * len(rows) - _GAP, across * len(rows[0]) - _GAP, 3), _PAPER, np.uint8)
    for r, row in enumerate(rows):
        for c, frame in enumerate(row):
            sheet[r * down : r * down + height, c * across : c * across + width] = frame
    return sheet


def stack(sheets: Sequence[Bytes]) -> Bytes:
    """Sheets of one width under each other, a wider gap between them."""
    gap = np.full((3 * _GAP, *sheets[0].shape[1:]), _PAPER, np.uint8)
    parts = [part for sheet in sheets for part in (gap, sheet)][1:]
    return np.concatenate(parts)


def write_sheet(path: Path, sheet: Bytes) -> None:
    """Write a PNG whole or not at all; raises RunError when it cannot be written."""
    write_atomically(path, iio.imwrite("<bytes>", sheet, extension=".png"))


def _spaced(frames: Bytes, count: int) -> list[Bytes]:
    return list(frames[np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)])
