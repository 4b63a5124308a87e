"""What each command of the keyboard, mouse or pad does in play; words for the person come back as toasts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol, get_args

from .engine import Pixels
from .generation import Generator
from .handover import WalkFacts
from .keepsakes import Keeper, Place
from .picture import Filter
from .preferences import Preferences
from .recording import Recording
from .slots import QUICK, Slots
from .walker import NEAR, Walker

_FILTERS: tuple[Filter, ...] = get_args(Filter)
FILTER_WORDS: Mapping[str, str] = {"pixels": "hard pixels", "smooth": "smooth", "edges": "smooth, edges kept"}
"""What the filters are called."""


class View(Protocol):
    """What is on the screen, as the commands see it that are about nothing else."""

    @property
    def place(self) -> Place:
        """Where the walk is."""

    @property
    def preferences(self) -> Preferences:
        """What the person has chosen."""

    @property
    def keeper(self) -> Keeper:
        """What writes pictures, clips and saved walks."""

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""

    def seen(self) -> Pixels:
        """What is on the screen, without overlays (h, w, 3)."""


class Desk(View, Protocol):
    """The player as its commands see it."""

    generator: Generator
    recording: Recording
    slots: Slots
    scenes: tuple[str, ...]

    @property
    def facts(self) -> WalkFacts | None:
        """What there is to know of the walk; None before its first frame."""

    def open_menu(self) -> None:
        """Pause, free the mouse, show the menu."""

    def toggle(self, overlay: str) -> None:
        """Show or hide "figures" or "hands"."""

    def pause(self) -> None:
        """Pause, or go on."""


def carry_out(command: str, desk: Desk) -> None:
    """Do what a command of `app.bindings.PRESSED` says."""
    _COMMANDS[command](desk)


def save_walk(desk: Desk, slot: str) -> None:
    """Put the walk of now into a slot; the disk is waited for elsewhere."""

    def save(walker: Walker) -> None:
        state, index = walker.save(), walker.session.index

        def write() -> str:
            desk.slots.save(slot, state)
            return f"saved: {_slot_words(slot)}, frame {index:,}"

        desk.keeper.put(_slot_words(slot), write)

    desk.generator.ask(save)


def load_walk(desk: Desk, slot: str) -> None:
    """Go on from a slot."""

    def load(walker: Walker) -> None:
        desk.keeper.settle()  # it may be saved right now
        exact = walker.load(desk.slots.load(slot))
        desk.say(f"loaded: {_slot_words(slot)}, frame {walker.session.index:,}{_near_words(exact)}")

    desk.generator.ask(load)


def _near_words(exact: bool) -> str:
    return "" if exact else f"; {NEAR}"


def _slot_words(slot: str) -> str:
    return "quick save" if slot == QUICK else f"slot {slot}"


def _go_to_scene(desk: Desk, by: int) -> None:
    def go(walker: Walker) -> None:
        here = desk.scenes.index(walker.scene) if walker.scene in desk.scenes else 0
        scene = desk.scenes[(here + by) % len(desk.scenes)]
        walker.begin(scene)
        desk.say(scene)

    desk.generator.ask(go)


def _anchor(desk: Desk) -> None:
    def anchor(walker: Walker) -> None:
        exact = walker.anchor()
        if exact is None:
            desk.say("no clear frame is left to go back to; load a save, or begin again at the scene")
        else:
            desk.say(f"back to frame {walker.session.index:,}, which was still clear{_near_words(exact)}")

    desk.generator.ask(anchor)


def _change_quality(desk: Desk, by: int) -> None:
    def change(walker: Walker) -> None:
        walker.change_quality(by)
        steps = walker.session.steps
        desk.say(f"{steps} step{'s' * (steps > 1)} a frame")

    desk.generator.ask(change)


def _record(desk: Desk) -> None:
    desk.recording.toggle()


def _screenshot(view: View) -> None:
    view.keeper.screenshot(view.seen(), view.place)


def _clip(desk: Desk) -> None:
    desk.generator.ask(lambda walker: desk.keeper.clip(list(walker.recent), desk.place.world))


def _late_warp(view: View) -> None:
    picture = view.preferences.settings.picture
    view.preferences.change(picture=replace(picture, late_warp=not picture.late_warp))
    view.say(f"the picture follows the mouse between frames: {'off' if picture.late_warp else 'on'}")


def _next_filter(view: View) -> None:
    picture = view.preferences.settings.picture
    following = _FILTERS[(_FILTERS.index(picture.filter) + 1) % len(_FILTERS)]
    view.preferences.change(picture=replace(picture, filter=following))
    view.say(f"picture: {FILTER_WORDS[following]}")


def _fullscreen(view: View) -> None:
    picture = view.preferences.settings.picture
    view.preferences.change(picture=replace(picture, fullscreen=not picture.fullscreen))


ABOUT_THE_VIEW: Mapping[str, Callable[[View], None]] = {
    "screenshot": _screenshot,
    "late warp": _late_warp,
    "filter": _next_filter,
    "fullscreen": _fullscreen,
}
"""Commands that ask for no walk, only for what is seen of one, or of two."""

_COMMANDS: Mapping[str, Callable[[Desk], None]] = {
    "menu": lambda desk: desk.open_menu(),
    "pause": lambda desk: desk.pause(),
    "step": lambda desk: desk.generator.step_once(),
    "reset": lambda desk: desk.generator.restart(),
    "save": lambda desk: save_walk(desk, QUICK),
    "load": lambda desk: load_walk(desk, QUICK),
    "next scene": lambda desk: _go_to_scene(desk, 1),
    "previous scene": lambda desk: _go_to_scene(desk, -1),
    "anchor": _anchor,
    "more steps": lambda desk: _change_quality(desk, 1),
    "fewer steps": lambda desk: _change_quality(desk, -1),
    "record": _record,
    "clip": _clip,
    "figures": lambda desk: desk.toggle("figures"),
    "hands": lambda desk: desk.toggle("hands"),
    **ABOUT_THE_VIEW,
}
