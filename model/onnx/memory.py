"""The generator's memory in play, as `model.cache` keeps it, in numpy and for one sequence.

Letters: l layers, s slots, n tokens per frame, h heads, d channels per head.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from .positions import Array, Positions, rotate


class Memory:
    """Keys and values of the sink frames and of the last window of frames, plain and rotated."""

    def __init__(self, positions: Positions, shape: tuple[int, int, int, int], *, sink: int, window: int) -> None:
        """Allocate all that will ever be needed; `shape` is (l, n, h, d)."""
        layers, self._n, heads, head_dim = shape
        self._positions, self._sink, self._window = positions, sink, window
        self.rotation = positions.rotation
        self.slots = sink + window
        self.keys = np.zeros((layers, self.slots, 1, self._n, heads, head_dim), np.float32)
        self.values = np.zeros_like(self.keys)
        self.poses = np.zeros((self.slots, 1, 2))
        """Camera pose (pitch, yaw) of each slot's frame, in degrees."""
        self.count = 0
        """Frames written so far."""
        rotated = (layers, (self.slots + 1 + sink) * self._n, heads, head_dim)
        self.rotated_keys = np.zeros(rotated, np.float32)
        """The slots, room for a frame at work, the sink as the frame after it will see it."""
        self.rotated_values = np.zeros(rotated, np.float32)
        self._written: set[int] = set()  # places in them, since `written` was asked

    def written(self) -> npt.NDArray[np.int64]:
        """Return which tokens of the rotated copy were written since this was asked last."""
        spans = [np.arange(span.start, span.stop) for span in map(self._span, sorted(self._written))]
        self._written.clear()
        return np.concatenate(spans) if spans else np.zeros(0, np.int64)

    def write(self, keys: Array, values: Array, pose: npt.NDArray[np.float64], turned: tuple[Array, Array]) -> None:
        """Keep the next frame: keys and values (l, n, h, d), plain and `turned` to its own position, and its pose."""
        slot = self._slot(self.count)
        self.keys[:, slot, 0], self.values[:, slot, 0], self.poses[slot] = keys, values, pose
        self.rotated_keys[:, self._span(slot)], self.rotated_values[:, self._span(slot)] = turned
        if self.count >= self.slots:  # the sink was turned already, for the frame that comes now
            sink, coming = slice(self._sink * self._n), slice((self.slots + 1) * self._n, None)
            self.rotated_keys[:, sink] = self.rotated_keys[:, coming]
            self.rotated_values[:, sink] = self.rotated_values[:, coming]
        self._written.update((slot, *range(self._sink)))
        self.count += 1

    def prepare(self) -> None:
        """Turn the sink to where the frame will see it that comes after the next to be written."""
        if self.count >= self.slots:
            for slot in range(self._sink):
                self._turn(slot, slot + self.count + 1 - self.slots, self.slots + 1 + slot)

    def mark(self) -> tuple[npt.NDArray[Any], ...]:
        """Copy what the next write changes, for `back`."""
        return tuple(part.copy() for part in self._changed(self._slot(self.count)))

    def back(self, mark: tuple[npt.NDArray[Any], ...]) -> None:
        """Undo the newest write, before which `mark` was made."""
        self.count -= 1
        slot = self._slot(self.count)
        for part, before in zip(self._changed(slot), mark, strict=True):
            part[:] = before
        self._written.update((slot, *range(self._sink)))

    def _changed(self, slot: int) -> list[npt.NDArray[Any]]:
        """All that a write to a slot changes: it, its rotated copy, and the sink's, which moves on."""
        rotated = self.rotated_keys, self.rotated_values
        places = self._span(slot), slice(self._sink * self._n)
        moved = [part[:, place] for part in rotated for place in places]
        return [self.keys[:, slot], self.values[:, slot], self.poses[slot], *moved]

    def load(
        self,
        keys: npt.NDArray[np.generic],
        values: npt.NDArray[np.generic],
        poses: npt.NDArray[np.generic],
        count: int,
    ) -> None:
        """Put back what was read from `keys`, `values`, `poses` and `count`."""
        self.keys[:], self.values[:], self.poses[:], self.count = keys, values, poses, count
        gone = max(0, count - self.slots)
        for frame in range(min(self._sink, count)):
            self._turn(frame, frame + gone, frame)
        for frame in range(max(self._sink, count - self._window), count):
            self._turn(self._slot(frame), frame, self._slot(frame))

    def _slot(self, frame: int) -> int:
        return frame if frame < self._sink else self._sink + (frame - self._sink) % self._window

    def _span(self, place: int) -> slice:
        return slice(place * self._n, (place + 1) * self._n)

    def _turn(self, slot: int, frame: int, place: int) -> None:
        """Rotate a slot as frame number `frame` into a place of the rotated copy."""
        rotation, span = self._positions.rotation(frame, self.poses[slot, 0]), self._span(place)
        self.rotated_keys[:, span] = rotate(self.keys[:, slot, 0], *rotation)
        values = self.values[:, slot, 0]
        self.rotated_values[:, span] = rotate(values, *rotation) if self._positions.rotates_values else values
        self._written.add(place)
