"""What votes: a key, a way of a pad's cross or, while the mouse is free, a click.

A key or way that a person has do something in a comparison does that and votes no more. One can vote all the same: the
mouse is bound to nothing while it is free.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import pygame

from ..bindings import Bindings
from ..key_names import label, name_of
from .commands import ABSENT

Choice = Literal["left", "none", "right"]
"""What can be voted, from left to right."""

CHOICES: Mapping[Choice, str] = {"left": "left is better", "none": "no difference", "right": "right is better"}
"""With what it says."""

_KEYS: Mapping[Choice, str] = {"left": "1", "none": "0", "right": "2"}
_WAYS: Mapping[Choice, str] = {"left": "pad left", "none": "pad down", "right": "pad right"}
_SIGNS = {"pad left": "<", "pad down": "v", "pad right": ">"}
_CROSS = {
    pygame.CONTROLLER_BUTTON_DPAD_LEFT: "pad left",
    pygame.CONTROLLER_BUTTON_DPAD_DOWN: "pad down",
    pygame.CONTROLLER_BUTTON_DPAD_RIGHT: "pad right",
}


def vote_of(event: pygame.event.Event, bindings: Callable[[], Bindings]) -> Choice | None:
    """Return what a press of a key or button votes under the `bindings` of now; None for anything else."""
    name = None
    if event.type == pygame.KEYDOWN:
        name = name_of(event.key, event.dict.get("scancode", 0))
    elif event.type == pygame.CONTROLLERBUTTONDOWN:
        name = _CROSS.get(event.button)
    for inputs in (_KEYS, _WAYS):
        for choice, one in inputs.items():
            if one == name and _is_free(one, bindings()):
                return choice
    return None


def cap_of(choice: Choice, bindings: Bindings, *, by_pad: bool) -> str:
    """Return what is written on that which votes so; empty where there is nothing but the mouse.

    Whoever plays by pad is shown a way of its cross, or the key where that way does something else.
    """
    inputs = (_WAYS[choice], _KEYS[choice]) if by_pad else (_KEYS[choice],)
    free = (one for one in inputs if _is_free(one, bindings))
    name = next(free, "")
    return _SIGNS.get(name) or label(name)


def _is_free(name: str, bindings: Bindings) -> bool:
    """Whether an input does nothing in a comparison."""
    return not any(name in inputs for command, inputs in bindings.items() if command not in ABSENT)
