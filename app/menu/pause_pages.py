"""The pages of a paused walk: the menu (Esc) and the slots."""

from functools import partial
from typing import Protocol

from ..commands import Desk, carry_out, load_walk, save_walk
from ..kept_walks import slot_title
from ..preferences import Preferences
from ..slots import QUICK, Slot
from ..worlds import KnownWorld
from .gallery import scenes_page, worlds_page
from .menu import Menu
from .page import Card, Do, Entry, Page, Width
from .seed_page import seed_page
from .settings_pages import settings_page


class PauseDesk(Desk, Protocol):
    """The player as the pages see it."""

    known: KnownWorld
    """The world that is walked through."""

    @property
    def preferences(self) -> Preferences:
        """What the person has chosen."""

    def resume(self) -> None:
        """Close the menu and go on, unless it was paused before."""

    def leave(self, world: KnownWorld, scene: str | None) -> None:
        """End this walk and begin in another world."""

    def quit(self) -> None:
        """End the program."""


def pause_page(desk: PauseDesk, menu: Menu) -> Page:
    """Return the menu."""

    def then_resume(do: Do) -> Do:
        def both() -> None:
            do()
            desk.resume()

        return both

    def reseed(number: int) -> None:
        desk.generator.restart(seed=number)
        desk.say(f"seed {number}")
        desk.resume()

    recording = desk.recording.wanted
    recent = desk.preferences.settings.play.recent_worlds
    here = (desk.known.folder, desk.facts.scene if desk.facts else None)
    seed = desk.facts.seed if desk.facts else 0
    items = (
        Entry(label="Resume", do=desk.resume),
        Entry(label="Save", note="keep this walk", do=lambda: menu.push(lambda: save_page(desk, menu))),
        Entry(label="Load", note="go on from a kept one", do=lambda: menu.push(lambda: load_page(desk))),
        Entry(
            label="Scenes",
            note="begin somewhere else",
            do=lambda: menu.push(lambda: scenes_page(desk.known, lambda _, scene: go_to_scene(desk, scene), here[1])),
        ),
        Entry(
            label="Settings",
            note="keys, mouse, picture",
            do=lambda: menu.push(lambda: settings_page(desk.preferences, menu)),
        ),
        Entry(
            label="Stop recording" if recording else "Record",
            note="what is recorded is kept" if recording else "frames and hands, as a replay",
            do=then_resume(desk.recording.toggle),
        ),
        Entry(label="Clip", note="save the last 30 seconds", do=then_resume(lambda: carry_out("clip", desk))),
        Entry(label="Reset", note="begin this scene again", do=then_resume(desk.generator.restart)),
        Entry(label="New seed", note=f"now {seed}", do=lambda: menu.push(lambda: seed_page(seed, reseed, menu))),
        Entry(
            label="Worlds",
            note="leave for another",
            do=lambda: menu.push(lambda: worlds_page(recent, desk.leave, here)),
        ),
        Entry(label="Quit", do=desk.quit),
    )
    return Page(title=desk.known.title, note="paused", items=items, leave=desk.resume)


def go_to_scene(desk: PauseDesk, scene: str) -> None:
    """Begin at a scene of this world."""
    desk.generator.restart(scene)
    desk.resume()


def save_page(desk: PauseDesk, menu: Menu) -> Page:
    """Return the slots, to keep the walk in one."""

    def save(name: str) -> None:
        save_walk(desk, name)
        desk.resume()

    def card(slot: Slot) -> Card:
        full = slot.saved is not None and slot.name != QUICK
        put = partial(save, slot.name)
        return Card(
            label=slot_title(slot.name),
            note=slot.fault or _about(slot),
            picture=slot.thumbnail,
            do=partial(menu.push, lambda: _over_page(slot, put, menu)) if full else put,
        )

    items = tuple(map(card, desk.slots.list()))
    return Page(title="Save", note="the walk as it is now, to go on from later", items=items, width=Width.MEDIUM)


def load_page(desk: PauseDesk) -> Page:
    """Return the slots, to go on from one."""

    def load(name: str) -> None:
        load_walk(desk, name)
        desk.resume()

    def card(slot: Slot) -> Card:
        fault = slot.fault or ("" if slot.loadable else "empty")
        return Card(
            label=slot_title(slot.name),
            note="" if slot.fault else _about(slot),
            picture=slot.thumbnail,
            fault=fault,
            do=partial(load, slot.name),
        )

    items = tuple(map(card, desk.slots.list()))
    return Page(title="Load", note="go on from a kept walk; the one of now ends", items=items, width=Width.MEDIUM)


def _over_page(slot: Slot, save: Do, menu: Menu) -> Page:
    return Page(
        title=f"Save over {slot_title(slot.name).lower()}?",
        note=_about(slot),
        items=(
            Entry(label="Keep it", note="choose another slot", do=menu.back),
            Entry(label="Save over it", note="what is in it is lost", do=save),
        ),
    )


def _about(slot: Slot) -> str:
    if slot.saved is None:
        return "empty"
    return f"frame {slot.index:,}, {slot.saved:%d %b %Y %H:%M}"
