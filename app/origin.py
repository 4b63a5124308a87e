"""Where a walk comes from, kept in the head of its saved state beside what the session says of itself.

A state is a safetensors file; whoever reads it for its session sees nothing else in it than before.
"""

import json
from dataclasses import dataclass
from typing import Any

from .plain_name import is_text

_KEYS = ("scene", "runtime")
_LENGTH_BYTES = 8  # of the head, before it
_ALIGNED = 8


@dataclass(frozen=True)
class Origin:
    """What a session does not know of itself; None for what a state was kept without."""

    scene: str | None = None
    """Name of a scene, or a picture's path."""
    runtime: str | None = None
    """What computed it."""


def with_origin(state: bytes, origin: Origin) -> bytes:
    """Return the state of a session with where it comes from, as far as its head can hold that."""
    head, arrays = _split(state)
    head["__metadata__"] |= {key: value for key, value in vars(origin).items() if value is not None and is_text(value)}
    words = json.dumps(head).encode()
    words += b" " * (-len(words) % _ALIGNED)
    return len(words).to_bytes(_LENGTH_BYTES, "little") + words + arrays


def origin_of(state: bytes) -> Origin:
    """Return where a state comes from that was found to be whole."""
    about = _split(state)[0]["__metadata__"]
    return Origin(*(value if isinstance(value := about.get(key), str) else None for key in _KEYS))


def _split(state: bytes) -> tuple[dict[str, Any], bytes]:
    end = _LENGTH_BYTES + int.from_bytes(state[:_LENGTH_BYTES], "little")
    return json.loads(state[_LENGTH_BYTES:end]), state[end:]
