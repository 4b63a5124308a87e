"""Worlds and their scenes as cards: the start screen, and the pages that jump from one place to another in play."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from ..kept_walks import KeptWalk, slot_title
from ..worlds import KnownWorld, known_worlds, still_there
from .page import Card, Entry, Heading, Item, Page, Width

Chosen = Callable[[KnownWorld, str], None]
"""Takes a world and the name of one of its scenes."""


class StartDesk(Protocol):
    """The start screen as its page sees it."""

    @property
    def seed(self) -> int:
        """Of the walk that will be begun."""

    def choose(self, world: KnownWorld, scene: str) -> None:
        """Begin at a scene."""

    def go_on(self, walk: KeptWalk) -> None:
        """Go on with a saved walk."""

    def show_settings(self) -> None:
        """Show the settings."""

    def choose_seed(self) -> None:
        """Ask for another seed."""

    def leave(self) -> None:
        """End the program."""


def start_page(
    desk: StartDesk,
    worlds: Sequence[KnownWorld],
    kept: Sequence[KeptWalk] = (),
    last: tuple[Path, str] | None = None,
) -> Page:
    """Return what a person sees first: walks to go on with, worlds, and in them where one was the `last` time."""
    items: list[Item] = [_kept_card(desk, walk, newest=walk is kept[0]) for walk in kept]
    items += [item for world in worlds for item in _section(world, desk.choose, last, "last time")]
    items.append(Entry(label="Seed", note=f"{desk.seed}", do=desk.choose_seed))
    items.append(Entry(label="Settings", do=desk.show_settings))
    items.append(Entry(label="Quit", do=desk.leave))
    return Page(
        title="arvd",
        note="worlds that no game engine draws. Choose where to begin, or drop a picture of your own here",
        items=tuple(items),
        width=Width.FULL,
    )


def worlds_page(recent: Iterable[str], chosen: Chosen, here: tuple[Path, str | None]) -> Page:
    """Return this world, `recent` ones of one's own and those that come with arvd; `here` is where one is now."""
    worlds = known_worlds(here[0], *still_there(recent))
    items = [item for world in worlds for item in _section(world, chosen, here)]
    return Page(title="Worlds", note="leave this one and begin in another", items=tuple(items), width=Width.WIDE)


def scenes_page(world: KnownWorld, chosen: Chosen, here: str | None) -> Page:
    """Return the scenes of one world."""
    return Page(
        title="Scenes",
        note="begin somewhere else, or drop a picture of your own on the window",
        items=tuple(_cards(world, chosen, (world.folder, here))),
        width=Width.WIDE,
    )


def _kept_card(desk: StartDesk, walk: KeptWalk, *, newest: bool) -> Card:
    slot = walk.slot
    return Card(
        label=slot_title(slot.name),
        note=f"{walk.world.title}, {slot.saved:%d %b %H:%M}",
        picture=slot.thumbnail,
        mark="continue" if newest else "",
        do=lambda: desk.go_on(walk),
    )


def _section(world: KnownWorld, chosen: Chosen, here: tuple[Path, str | None] | None, mark: str = "here") -> list[Item]:
    if world.spec is None:
        broken = Card(label=world.title, do=lambda: None, fault=world.fault)
        return [Heading(world.title, "cannot be played"), broken]
    return [Heading(world.title, world.about), *_cards(world, chosen, here, mark)]


def _cards(world: KnownWorld, chosen: Chosen, here: tuple[Path, str | None] | None, mark: str = "here") -> list[Item]:
    def card(number: int) -> Card:
        scene = world.scenes[number]
        marked = here is not None and here[0] == world.folder and scene.name == (here[1] or world.scenes[0].name)
        words = mark if marked else ""
        return Card(label=scene.title, picture=scene.picture, mark=words, do=lambda: chosen(world, scene.name))

    return [card(number) for number in range(len(world.scenes))]
