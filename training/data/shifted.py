"""Footage whose actions stand beside the wrong frames, put right."""

import hashlib
from dataclasses import dataclass

import numpy as np

from model.footage.clip import Actions
from model.footage.view import DatasetView


@dataclass(frozen=True)
class ShiftedDataset(DatasetView):
    """Every action of `source` moved `frames` frames later (earlier if negative); what has none is neutral.

    1 turns pre-action footage (VPT, Matrix-Game), whose row k says what was done at frame k, into arvd's order.
    """

    frames: int

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is decoded."""
        source = self.source.actions(index)
        moved = np.zeros_like(source)
        kept = max(0, len(source) - abs(self.frames))
        if self.frames >= 0:
            moved[len(source) - kept :] = source[:kept]
        else:
            moved[:kept] = source[len(source) - kept :]
        moved[:1] = 0  # nothing led to the first frame
        return moved

    def digest(self, index: int) -> str:
        """Content hash of one clip and the shift."""
        return hashlib.sha256(f"{self.source.digest(index)} {self.frames}".encode()).hexdigest()
