"""Clips of latents that stay on the disk: mapped into memory, of which the system takes back what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import overload

from safetensors import SafetensorError, safe_open
from torch import Tensor

from model.actions import DEGREES_PER_UNIT

from .shards import Entry, damaged

_MOST_MAPPED = 8192  # shards mapped at once: Linux allows a process 65,530 mappings


@dataclass(frozen=True, eq=False)
class LatentClip:
    """One clip as latents."""

    latents: Tensor
    """(t, c, h, w) float16, mean 0 and deviation 1 per channel."""
    actions: Tensor
    """(t, 11) float32 action vectors; row k turned frame k-1 into frame k."""
    pitch: float = 0.0
    """Of the camera as the clip begins, in degrees."""

    @cached_property
    def poses(self) -> Tensor:
        """(t, 2) float64: degrees of pitch, not clamped, and of yaw since the clip's first frame."""
        turned = self.actions[:, -2:].double().cumsum(0) * DEGREES_PER_UNIT
        return turned + turned.new_tensor([self.pitch, 0.0])


class MappedClips(Sequence[LatentClip]):
    """Clips whose tensors are the files themselves: the system reads what is touched and forgets it when it must."""

    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None:
        """Prepare to map the shards of `entries`; none is yet."""
        self._folder, self._entries = folder, entries
        self._mapped = lru_cache(_MOST_MAPPED)(self._map)

    def __len__(self) -> int:
        """Count of clips."""
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> LatentClip: ...
    @overload
    def __getitem__(self, index: slice) -> "MappedClips": ...
    def __getitem__(self, index: int | slice) -> "LatentClip | MappedClips":
        """One clip, or some; raises DataError when a shard has gone since the cache was opened."""
        if isinstance(index, slice):
            return MappedClips(self._folder, self._entries[index])
        return self._mapped(self._entries[index].shard, self._entries[index].pitch)

    def _map(self, shard: str, pitch: float) -> LatentClip:
        try:
            with safe_open(self._folder / shard, framework="pt") as file:
                return LatentClip(file.get_tensor("latents"), file.get_tensor("actions"), pitch)
        except (OSError, SafetensorError) as error:
            raise damaged(self._folder / shard, str(error)) from None
