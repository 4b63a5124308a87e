"""Recipes by name, see `RECIPES`: everything that makes a world, as Python functions."""

from collections.abc import Callable

from ..recipe import Recipe
from .going_on import match, pictures, refine, sharpen, widen
from .scratch import FOUR_STEPS, base, micro, tiny, wan

__all__ = ["FOUR_STEPS", "RECIPES", "base", "match", "micro", "pictures", "refine", "sharpen", "tiny", "wan", "widen"]

RECIPES: dict[str, Callable[[], Recipe]] = {
    "tiny": tiny,
    "micro": micro,
    "base": base,
    "wan-1.3b": wan,
    "refine": refine,
    "widen": widen,
    "match": match,
    "pictures": pictures,
    "sharpen": sharpen,
}
"""Recipes by name."""
