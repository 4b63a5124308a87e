"""The walks that were saved last, whatever world they lead through, to go on with from the start screen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .slots import QUICK, Slot, slots_of
from .worlds import KnownWorld


@dataclass(frozen=True, eq=False)
class KeptWalk:
    """A saved walk and its world."""

    world: KnownWorld
    slot: Slot


def newest_walks(worlds: Iterable[KnownWorld], most: int) -> tuple[KeptWalk, ...]:
    """Return at most so many walks that can be gone on with, the newest first."""
    kept: dict[tuple[Path, str], KeptWalk] = {}  # worlds that are equal keep theirs in one place
    for world in worlds:
        if world.spec is not None:
            slots = slots_of(world.folder, world.spec)
            for slot in slots.list():
                if slot.loadable:
                    kept.setdefault((slots.folder, slot.name), KeptWalk(world, slot))
    newest = sorted(kept.values(), key=lambda walk: walk.slot.saved or datetime.min, reverse=True)
    return tuple(newest[:most])


def slot_title(name: str) -> str:
    """Return what a slot is called on its card."""
    return "Quick save" if name == QUICK else f"Slot {name}"
