"""Pages as data: what can be read and chosen on one, and what choosing does. Knows neither keys nor a screen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..engine import Pixels

Do = Callable[[], None]
"""What choosing does."""


@dataclass(frozen=True)
class Switch:
    """On or off."""

    on: bool


@dataclass(frozen=True)
class Choice:
    """One of several, with arrows to the ones beside it."""

    words: str


@dataclass(frozen=True)
class Slider:
    """A number between two ends."""

    words: str
    share: float
    """Of the way from the lower end, 0 to 1."""
    slide: Callable[[float], None]
    """Takes another share."""


@dataclass(frozen=True)
class Keys:
    """Inputs that do something."""

    names: tuple[str, ...]
    shared: frozenset[str] = frozenset()
    """Those that do something else as well."""


@dataclass(frozen=True)
class Value:
    """Words that are only read."""

    words: str


Control = Switch | Choice | Slider | Keys | Value


@dataclass(frozen=True, eq=False, kw_only=True)
class Entry:
    """A row that can be chosen."""

    label: str
    do: Do | None = None
    note: str = ""
    """What it is for; beside the label, or under the list where a control has its place."""
    control: Control | None = None
    turn: Callable[[int], None] | None = None
    """Takes -1 (left) or 1 (right); choosing turns right where there is nothing to `do`."""
    tag: str = ""
    """When it counts, where that is not at once; beside the label."""
    warning: str = ""
    """What is wrong with it; shown instead of the note."""
    clear: Do | None = None
    """What Delete does."""
    reset: Do | None = None
    """What Backspace does."""
    add: Do | None = None
    """What Insert does."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Card:
    """A picture that can be chosen."""

    label: str
    do: Do
    note: str = ""
    picture: Path | Pixels | None = None
    fault: str = ""
    """Why it cannot be chosen; it is grey then, and choosing says so."""
    mark: str = ""
    """Why it is selected first, such as "here"."""


@dataclass(frozen=True, eq=False)
class Heading:
    """Words over what follows."""

    words: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Words:
    """A paragraph."""

    text: str
    warning: bool = False


Item = Entry | Card | Heading | Words


class Width(Enum):
    """How much of the window a page takes; in pixels of a 1280x720 window."""

    NARROW = 440
    MEDIUM = 760
    WIDE = 1120
    FULL = 0
    """All of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Page:
    """What is shown at once; two pages are never equal, so that a page that was built anew is drawn anew."""

    title: str
    note: str = ""
    items: tuple[Item, ...] = ()
    width: Width = Width.NARROW
    leave: Do | None = None
    """What Esc does on the first page; None where there is no way back."""
    hints: tuple[tuple[str, str, str], ...] = field(default=())
    """More keys of this page: on the keyboard, on a pad, and what they do."""


Build = Callable[[], Page]
"""Makes a page of what is so now; called again whenever something on it was chosen."""


def selectable(item: Item) -> bool:
    """Whether the selection can stand on an item."""
    return isinstance(item, Card) or (isinstance(item, Entry) and (item.do is not None or item.turn is not None))
