"""What is said of a machine that does not hold the rate of a world: once for each number of steps, with what helps."""

from .bindings import Bindings
from .handover import WalkFacts
from .key_names import key_of


class Slowness:
    """Remembers what was told."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._told: set[int] = set()

    def words(self, walk: WalkFacts, bindings: Bindings, *, by_pad: bool) -> str | None:
        """Return what is to be said of a walk, by the keys of now or the buttons of a pad; None for nothing."""
        if not walk.too_slow or walk.steps in self._told:
            return None
        self._told.add(walk.steps)
        few = f"{walk.steps} step{'s' * (walk.steps > 1)}"
        settings = ", ".join(filter(None, (key_of(bindings, "menu", pad=by_pad), "Settings", "Play")))
        if walk.fewest:
            return (
                f"this machine is too slow for the world even with {few} a frame: "
                f"another runtime or a shorter memory may help ({settings})"
            )
        key = key_of(bindings, "fewer steps", pad=by_pad)
        named = f"key {key}" if len(key) == 1 else key
        return f"this machine is too slow for the world with {few} a frame: fewer may help ({named or settings})"
