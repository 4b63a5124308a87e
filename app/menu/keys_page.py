"""The page on which every command gets its keys, mouse buttons and pad buttons."""

from ..bindings import HELD, PRESSED, conflicts
from ..key_names import label
from ..preferences import Preferences
from ..settings import HandsSettings
from .menu import Menu
from .page import Entry, Heading, Item, Keys, Page, Width
from .rebinding import bound, cleared, reset

_HINTS = (("Ins", "Back", "add another"), ("Del", "X", "clear"), ("Backspace", "Y", "as in the preset"))


def keys_page(preferences: Preferences, menu: Menu) -> Page:
    """Return all commands with their inputs; choosing one asks for another input."""
    hands = preferences.settings.hands
    changed = len(hands.bindings)
    everything = Entry(
        label="All keys as in the preset",
        note=f"{changed} of your own" if changed else "nothing of your own",
        do=lambda: preferences.change(hands=_without_changes(preferences.settings.hands)),
    )
    items: list[Item] = [Heading("As long as it is held")]
    items += [_entry(command, "lasts as long as it is held", preferences, menu) for command in HELD]
    items.append(Heading("Once for each press"))
    items += [_entry(command, what, preferences, menu) for command, what in PRESSED.items()]
    items += [Heading("All of them"), everything]
    return Page(
        title="Keys",
        note=f"preset: {hands.preset}. Choose a command, then press a key, a mouse button or a pad button",
        items=tuple(items),
        width=Width.MEDIUM,
        hints=_HINTS,
    )


def _entry(command: str, what: str, preferences: Preferences, menu: Menu) -> Entry:
    hands = preferences.settings.hands
    bindings = hands.all_bindings()
    inputs = bindings.get(command, ())
    shared = {name: others for name, others in conflicts(bindings).items() if name in inputs}

    def listen(add: bool) -> None:
        menu.listen(
            command.capitalize(),
            "press a key or a button; Esc leaves it as it is",
            lambda name: preferences.change(hands=bound(preferences.settings.hands, command, name, add=add)),
        )

    return Entry(
        label=command.capitalize(),
        note=what,
        control=Keys(inputs, frozenset(shared)),
        warning="; ".join(_also(name, others, command) for name, others in shared.items()),
        do=lambda: listen(False),
        add=lambda: listen(True),
        clear=lambda: preferences.change(hands=cleared(preferences.settings.hands, command)),
        reset=lambda: preferences.change(hands=reset(preferences.settings.hands, command)),
    )


def _also(name: str, commands: tuple[str, ...], command: str) -> str:
    return f"{label(name)} is also: {', '.join(other for other in commands if other != command)}"


def _without_changes(hands: HandsSettings) -> HandsSettings:
    for command in tuple(hands.bindings):
        hands = reset(hands, command)
    return hands
