"""What the graphs of a world take and give: names, shapes and types, all of them, as `export` makes them.

Letters: c latent channels, l layers, n tokens per frame, h heads, d channels per head.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..actions import ACTION_SIZE
from ..world_spec import WorldSpec

Form = tuple[tuple[int, ...], Any]
"""Shape and type of an input or output."""
Forms = Mapping[str, Form]
"""By name."""


@dataclass(frozen=True)
class Sizes:
    """What `world.toml` leaves to the graphs."""

    channels: int
    layers: int
    heads: int
    head_dim: int


def sizes_of(two: Forms) -> Sizes | None:
    """Read them off the inputs of the graph for two frames; None where these are not such as it has."""
    latents, keys = (two.get(name, ((), None))[0] for name in ("latents", "keys"))
    if len(latents) != 4 or len(keys) != 4 or min(*latents, *keys) < 1:
        return None
    return Sizes(latents[1], keys[0], keys[2], keys[3])


def expected(spec: WorldSpec, sizes: Sizes) -> dict[str, tuple[Forms, Forms]]:
    """Inputs and outputs of each graph of a world."""
    latent = sizes.channels, spec.height // 8, spec.width // 8
    pictures: Forms = {"frames": ((1, spec.height, spec.width, 3), np.uint8)}
    latents: Forms = {"latents": ((1, *latent), np.float32)}
    return {
        **{name: _evaluation(spec, sizes, latent, frames) for name, frames in (("two", 2), ("one", 1))},
        "decode": (latents, pictures),
        "encode": (pictures, latents),
    }


def _evaluation(spec: WorldSpec, sizes: Sizes, latent: tuple[int, ...], frames: int) -> tuple[Forms, Forms]:
    tokens, seen = spec.height * spec.width // 256, 2 * spec.sink + spec.window
    row = sizes.heads, sizes.head_dim
    turned, context = (frames * tokens, 1, sizes.head_dim), (sizes.layers, (seen + 1) * tokens, *row)
    takes: dict[str, tuple[int, ...]] = {
        "latents": (frames, *latent),
        "times": (frames,),
        "actions": (frames, ACTION_SIZE),
        "cos": turned,
        "sin": turned,
        "keys": context,
        "values": context,
        "seen": (frames, seen + frames),
    }
    gives: dict[str, tuple[int, ...]] = {"velocity": (1, 1, *latent)}
    if frames == 2:  # the first of them is kept
        own = ("own_keys", "own_values", "rotated_keys", "rotated_values")
        gives |= dict.fromkeys(own, (sizes.layers, tokens, *row))
    return _floats(takes), _floats(gives)


def _floats(shapes: Mapping[str, tuple[int, ...]]) -> Forms:
    return {name: (shape, np.float32) for name, shape in shapes.items()}
