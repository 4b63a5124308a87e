"""The public face of arvd: walk through generated worlds from Python.

import arvd
world = arvd.load_world("minecraft")
session = world.start(scene="meadow", seed=0)
frame = session.step(arvd.Action(forward=True, yaw=3.0))   # uint8 (h, w, 3)
"""

from typing import TYPE_CHECKING, Any

from model.actions import Action, parse_actions

if TYPE_CHECKING:
    from model.session import Session
    from model.world import World, load_world

__all__ = ["Action", "Session", "World", "load_world", "parse_actions"]


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for."""
    if name in ("World", "load_world"):
        import model.world as home
    elif name == "Session":
        import model.session as home  # type: ignore[no-redef] # one name for whichever module holds it
    else:
        raise AttributeError(f"module 'arvd' has no attribute {name!r}")
    return getattr(home, name)
