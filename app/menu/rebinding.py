"""Giving a command other inputs: what a person's settings are after that."""

from dataclasses import replace

from ..bindings import PRESETS, is_pad
from ..settings import HandsSettings


def bound(settings: HandsSettings, command: str, name: str, *, add: bool = False) -> HandsSettings:
    """Bind the input `name` to a command, in place of those on the same device unless it is to `add` to them.

    A pad keeps its button when a key is chosen, keyboard and mouse keep theirs when a button is.
    """
    before = settings.all_bindings().get(command, ())
    kept = [old for old in before if old != name and (add or is_pad(old) != is_pad(name))]
    pads = [old for old in kept if is_pad(old)]
    others = [old for old in kept if not is_pad(old)]
    return _with(settings, command, (*others, *pads, name) if is_pad(name) else (*others, name, *pads))


def cleared(settings: HandsSettings, command: str) -> HandsSettings:
    """Leave a command without input; the menu keeps the keys of its preset, since it is the way back from anything."""
    return reset(settings, command) if command == "menu" else _with(settings, command, ())


def reset(settings: HandsSettings, command: str) -> HandsSettings:
    """Give a command the inputs of the preset again."""
    return replace(settings, bindings={name: own for name, own in settings.bindings.items() if name != command})


def _with(settings: HandsSettings, command: str, inputs: tuple[str, ...]) -> HandsSettings:
    if inputs == PRESETS[settings.preset].get(command):
        return reset(settings, command)
    return replace(settings, bindings={**settings.bindings, command: inputs})
