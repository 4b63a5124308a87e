"""What keys are called: in settings by their place on a keyboard, to a person by what is written on them.

A layout moves letters, digits and signs; one that walks with W, A, S, D means the places of these keys, in whatever
script they are labelled. Such a key has the name of what a US layout writes with it. What other keys do moves only
where a person wants it moved, as Esc to Caps Lock: those are called what they are taken for.
"""

from collections.abc import Callable
from functools import lru_cache

import pygame

from .bindings import Bindings, is_pad
from .sdl import sdl

_WRITING = (
    dict(enumerate("abcdefghijklmnopqrstuvwxyz1234567890", pygame.KSCAN_A))
    | dict(enumerate("-=[]\\#;'`,./", pygame.KSCAN_MINUS))
    | {pygame.KSCAN_NONUSBACKSLASH: "<"}  # the key more that is beside the left Shift in Europe
)
"""Names by the library's number of a place; of further keys that write, such as Japanese ones, "key 135"."""

_FURTHER = "key "
_PLACES = {f"{_FURTHER}{place}": place for place in range(512)} | {name: place for place, name in _WRITING.items()}
_ENGLISH = 0x7F  # no letter of English has a higher code
_WRITES_NOTHING = 1 << 30  # bit in the code of a key, the rest of which is a place then
_DRAWN = frozenset((*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x384, 0x460)))
"""Codes of what the font has letters for: Latin, Greek and Cyrillic ones."""

_SHORT = {
    "escape": "Esc",
    "delete": "Del",
    "insert": "Ins",
    "page up": "PgUp",
    "page down": "PgDn",
    "return": "Enter",
    "left shift": "Shift",
    "left ctrl": "Ctrl",
    "left alt": "Alt",
    "right shift": "R Shift",
    "right ctrl": "R Ctrl",
    "right alt": "R Alt",
    **{f"pad {way}": f"D-pad {way}" for way in ("up", "down", "left", "right")},
}
"""What people call keys whose names are long; of a pair, the left one is meant unless it says R."""


def name_of(key: int, place: int = 0) -> str:
    """Return what the settings call a key of which the library says its code under the layout of now, and its place.

    The name is the same under every layout, so that a key can be let go under another one than it was pressed under.
    One whose place is not known (0) is called by its code.
    """
    name = "" if place and _writes(key) else pygame.key.name(key)
    return name or _WRITING.get(place) or pygame.key.name(place | _WRITES_NOTHING) or f"{_FURTHER}{place}"


def shortcut_of(key: int, place: int = 0) -> int:
    """Return the code of what a key stands for in shortcuts, as Ctrl+V: of the letter that it writes.

    Where that is a letter of another alphabet, as in Russia, it is the one of a US keyboard, as in other programs.
    """
    letter = _WRITING.get(place, "")
    return ord(letter) if letter.isalpha() and _ENGLISH < key < _WRITES_NOTHING else key


def label(name: str) -> str:
    """Return what is written on a key under the layout of now: "Ц" or "Z" where a US layout has "w".

    The name of any other input is returned as it is; a key that writes what cannot be drawn here has its US letter.
    """
    place = _PLACES.get(name)
    if place is None:
        return name
    code = _codes()(place)
    letter = chr(code) if code in _DRAWN else name
    capital = letter.upper() if len(letter) == 1 else letter
    return capital if capital.lower() == letter else letter  # ß has none, nor has the last letter of Greek words


def key_of(bindings: Bindings, command: str, *, pad: bool = False) -> str:
    """Return the key or mouse button of a command as a person reads it: "Esc", "W", "Mouse left", "Num 8".

    Whoever plays by `pad` is told a button of it: "Start", "A". Of several inputs it is the first, of the other device
    only where there is nothing else; "Pad start" and "Key A" then. Empty where the command has no input.
    """
    inputs = bindings.get(command, ())
    name = next((one for one in inputs if is_pad(one) == pad), inputs[0] if inputs else "")
    if name.startswith("[") and name.endswith("]"):
        return f"Num {name[1:-1]}"
    if name in _SHORT:
        return _SHORT[name]
    if is_pad(name):
        return (name.removeprefix("pad ") if pad else name).capitalize()
    words = label(name)
    if len(words) == 1:
        return f"Key {words}" if pad else words
    return words.capitalize()


@lru_cache(maxsize=1)
def _codes() -> Callable[[int], int]:
    """Return what tells the code of a key by its place; of none where the library cannot be asked."""
    ask: Callable[[int], int] = getattr(sdl(), "SDL_GetKeyFromScancode", lambda place: 0)
    return ask


def _writes(code: int) -> bool:
    """Whether a key of that code writes something that is seen."""
    return pygame.K_SPACE < code < _WRITES_NOTHING and code != pygame.K_DELETE
