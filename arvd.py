"""The public face of arvd: walk through generated worlds from Python.

import arvd
world = arvd.load_world("minecraft")
session = world.start(scene="meadow", seed=0)
frame = session.step(arvd.Action(forward=True, yaw=3.0))   # uint8 (h, w, 3)
env = gymnasium.make("arvd/World-v0", world="minecraft")   # the same for agents; arvd.Env without the registry
"""

import importlib
from typing import TYPE_CHECKING, Any

from model.actions import Action, parse_actions
from model.registration import register_worlds

if TYPE_CHECKING:
    from model.environment import WorldEnvironment as Env
    from model.session import Session
    from model.world import World, load_world

__all__ = ["Action", "Env", "Session", "World", "load_world", "parse_actions"]


_HOMES = {
    "Env": ("model.environment", "WorldEnvironment"),
    "Session": ("model.session", "Session"),
    "World": ("model.world", "World"),
    "load_world": ("model.world", "load_world"),
}


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'arvd' has no attribute {name!r}")
    module, its_name = _HOMES[name]
    return getattr(importlib.import_module(module), its_name)


register_worlds()
