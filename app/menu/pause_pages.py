"""The pages of a paused walk: the menu (Esc), the slots, another seed."""

import secrets
from functools import partial
from typing import Protocol

from model.errors import ArvdError

from ..commands import Desk, load_walk, save_walk
from ..option_values import MAX_SEED
from ..preferences import Preferences
from ..slots import QUICK, Slot
from ..worlds import KnownWorld, known_worlds
from .gallery import scenes_page, worlds_page
from .menu import Menu
from .page import Card, Do, Entry, Page, Width
from .settings_pages import settings_page

_RANDOM_SEEDS = 10**6  # a random one is short enough to be told to somebody


class PauseDesk(Desk, Protocol):
    """The player as the pages see it."""

    known: KnownWorld
    """The world that is walked through."""

    @property
    def preferences(self) -> Preferences:
        """What the person has chosen."""

    def resume(self) -> None:
        """Close the menu and go on."""

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

    recording = desk.recording.on
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
        Entry(label="Reset", note="begin this scene again", do=then_resume(desk.generator.restart)),
        Entry(label="New seed", note=f"now {seed}", do=lambda: menu.push(lambda: seed_page(desk, menu))),
        Entry(
            label="Worlds",
            note="leave for another",
            do=lambda: menu.push(lambda: worlds_page(known_worlds(desk.known.folder), desk.leave, here)),
        ),
        Entry(label="Quit", do=desk.quit),
    )
    return Page(title=desk.known.title, note="paused", items=items, leave=desk.resume)


def go_to_scene(desk: PauseDesk, scene: str) -> None:
    """Begin at a scene of this world."""
    desk.generator.restart(scene)
    desk.resume()


def seed_page(desk: PauseDesk, menu: Menu) -> Page:
    """Return the choice of another seed."""
    seed = desk.facts.seed if desk.facts else 0

    def begin(number: int) -> None:
        desk.generator.restart(seed=number)
        desk.say(f"seed {number}")
        desk.resume()

    def typed(text: str) -> None:
        if not text or int(text) > MAX_SEED:
            raise ArvdError(f"{text or 'nothing'} is no seed; type a whole number from 0 to {MAX_SEED}")
        begin(int(text))

    note = "the same seed and the same hands give the same world again"
    return Page(
        title="New seed",
        note=f"now {seed}",
        items=(
            Entry(label="Random", note="a world nobody has seen", do=lambda: begin(secrets.randbelow(_RANDOM_SEEDS))),
            Entry(label="The next", note=f"{seed + 1}", do=lambda: begin((seed + 1) % (MAX_SEED + 1))),
            Entry(
                label="Type a number",
                note="0 to 2^63 - 1",
                do=lambda: menu.ask("Seed", note, typed, allowed="0123456789"),
            ),
        ),
    )


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


def slot_title(name: str) -> str:
    """Return what a slot is called on its card."""
    return "Quick save" if name == QUICK else f"Slot {name}"


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
