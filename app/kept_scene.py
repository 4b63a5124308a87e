"""The scene of a walk, kept in the head of its saved state beside what the session says of itself.

A state is a safetensors file; whoever reads it for its session sees nothing else in it than before.
"""

import json
from typing import Any

_KEY = "scene"
_LENGTH_BYTES = 8  # of the head, before it
_ALIGNED = 8


def with_scene(state: bytes, scene: str) -> bytes:
    """Return the state of a session with the name or the picture's path of its scene."""
    head, arrays = _split(state)
    head["__metadata__"][_KEY] = scene
    words = json.dumps(head).encode()
    words += b" " * (-len(words) % _ALIGNED)
    return len(words).to_bytes(_LENGTH_BYTES, "little") + words + arrays


def scene_of(state: bytes) -> str | None:
    """Return the scene of a state that was found to be whole; None for one that was kept without."""
    scene = _split(state)[0]["__metadata__"].get(_KEY)
    return scene if isinstance(scene, str) else None


def _split(state: bytes) -> tuple[dict[str, Any], bytes]:
    end = _LENGTH_BYTES + int.from_bytes(state[:_LENGTH_BYTES], "little")
    return json.loads(state[_LENGTH_BYTES:end]), state[end:]
