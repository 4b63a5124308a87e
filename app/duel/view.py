"""Everything that is to be read while two worlds are compared: names, figures, what can be voted."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import pygame

from model.actions import Action

from .. import theme
from ..bindings import Bindings
from ..browse.words import chip, shortened
from ..hands_view import caps_of, coarse, draw_hands
from ..key_names import key_of
from ..picture import Sprite
from .layout import Layout
from .voting import CHOICES, Choice, cap_of

_WORDS, _CAP = 22, 20
_DARK: theme.Colour = (16, 24, 12, 255)  # words on the accent
_SIDES = ("left", "right")


@dataclass(frozen=True)
class DuelFacts:
    """What there is to show."""

    worlds: tuple[tuple[str, str], tuple[str, str]] | None
    """Letters and titles of the worlds, left and right; None while they are hidden."""
    figures: tuple[str, str]
    """Under each picture."""
    round: int
    scene: str
    votes: int
    chosen: Choice | None
    """What was just voted."""
    action: Action | None
    """What the hands do; None to hide them."""
    turning: bool
    """Whether a round has begun of which nothing is seen yet."""
    paused: bool
    captured: bool
    bindings: Bindings
    by_pad: bool = False
    """Whether a pad plays."""


class DuelView:
    """Draws it; a surface is made anew only when its words change."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self._drawn: dict[str, tuple[Hashable, pygame.Surface]] = {}

    def sprites(self, places: Layout, facts: DuelFacts) -> list[Sprite]:
        """Return all of it."""
        sprites = [*self._head(places, facts), *self._votes(places, facts)]
        for side in (0, 1):
            sprites += self._side(places, facts, side)
        if facts.action is not None:
            hands = draw_hands(coarse(facts.action), places.scale, caps_of(facts.bindings))
            at = hands.get_rect(midleft=places.foot.midleft)
            if at.right < places.entries[0].left:
                sprites.append(Sprite("hands", hands, at.topleft))
        if facts.paused:
            words = "paused" if facts.captured else "A goes on" if facts.by_pad else "click to go on"
            banner = self._surface("paused", (words, places.scale), lambda: _pill(words, places.scale))
            sprites.append(Sprite("paused", banner, _centred(banner, _middle(places))))
        return sprites

    def _head(self, places: Layout, facts: DuelFacts) -> list[Sprite]:
        scale, head = places.scale, places.head
        title = self._text("title", "Which world is better?", 34 * scale, theme.INK)
        scene = shortened(f"round {facts.round:,}  -  {facts.scene}", 22 * scale, head.width / 3)
        place = self._text("round", scene, 22 * scale, theme.SOFT)
        middle = round(head.height * 0.56)
        sprites = [
            Sprite("title", title, (head.left, middle - title.get_height() // 2)),
            Sprite("round", place, (head.right - place.get_width(), middle - place.get_height() // 2)),
        ]
        if facts.worlds is None:
            blind = self._surface("blind", scale, lambda: chip("blind", 19 * scale, theme.ACCENT, _DARK))
            left = head.left + title.get_width() + round(18 * scale)
            sprites.append(Sprite("blind", blind, (left, middle - blind.get_height() // 2)))
        return sprites

    def _side(self, places: Layout, facts: DuelFacts, side: int) -> list[Sprite]:
        picture, scale = places.pictures[side], places.scale
        name = _SIDES[side]
        known = None if facts.worlds is None else facts.worlds[side]
        label = self._surface(
            f"label {name}", (known, picture.width, scale), partial(_label, name, known, picture.width, scale)
        )
        figures = shortened(facts.figures[side], 20 * scale, picture.width)
        under = self._text(f"figures {name}", figures, 20 * scale, theme.SOFT)
        above = picture.top - (places.label_height + label.get_height()) // 2
        return [
            Sprite(f"label {name}", label, (picture.left, above)),
            Sprite(f"figures {name}", under, (picture.left, picture.bottom + round(10 * scale))),
        ]

    def _votes(self, places: Layout, facts: DuelFacts) -> list[Sprite]:
        scale, sprites = places.scale, []
        caps = {choice: cap_of(choice, facts.bindings, by_pad=facts.by_pad) for choice in CHOICES}
        for (choice, words), place in zip(CHOICES.items(), places.entries, strict=True):
            lit, cap = facts.chosen == choice, caps[choice]
            entry = self._surface(choice, (lit, cap, scale), partial(_entry, place.size, cap, words, lit, scale))
            sprites.append(Sprite(f"vote {choice}", entry, place.topleft))
        words = _note(facts, keys_vote=all(caps.values()))
        note = self._text("note", words, 20 * scale, theme.SOFT)
        below = places.entries[1].bottom + round(13 * scale)
        return [*sprites, Sprite("note", note, (places.foot.centerx - note.get_width() // 2, below))]

    def _text(self, name: str, words: str, size: float, colour: theme.Colour) -> pygame.Surface:
        return self._surface(name, (words, size, colour), lambda: theme.text(words, size, colour))

    def _surface(self, name: str, state: Hashable, make: Callable[[], pygame.Surface]) -> pygame.Surface:
        drawn = self._drawn.get(name)
        if drawn is None or drawn[0] != state:
            drawn = self._drawn[name] = (state, make())
        return drawn[1]


def _note(facts: DuelFacts, *, keys_vote: bool) -> str:
    """How many votes there are, how to vote by mouse, and what the key of the menu does."""
    words = [f"{facts.votes:,} vote{'s' * (facts.votes != 1)}" if facts.votes else "no votes yet"]
    key = key_of(facts.bindings, "menu", pad=facts.by_pad)
    if facts.captured:
        frees = "frees the mouse" if keys_vote else "frees the mouse to vote"
        words.append(f"{key or 'Esc'} {'pauses' if facts.by_pad else frees}")
    else:
        if not (facts.by_pad and keys_vote):
            words.append("click one to vote")
        if key:
            words.append(f"{key} ends")
    return "  -  ".join(words)


def _label(side: str, known: tuple[str, str] | None, width: int, scale: float) -> pygame.Surface:
    """Letter and title of a world, or only on which side it is."""
    if known is None:
        return theme.text(side, 26 * scale)
    letter = chip(known[0], 23 * scale, theme.KEY)
    left = letter.get_width() + round(12 * scale)
    title = theme.text(shortened(known[1], 26 * scale, width - left), 26 * scale)
    surface = theme.blank((left + title.get_width(), max(letter.get_height(), title.get_height())))
    surface.blit(letter, (0, (surface.get_height() - letter.get_height()) // 2))
    surface.blit(title, (left, (surface.get_height() - title.get_height()) // 2))
    return surface


def _entry(size: tuple[int, int], key: str, words: str, lit: bool, scale: float) -> pygame.Surface:
    """A key, if there is one, and what it votes."""
    face = _DARK if lit else theme.INK
    surface = theme.rounded(size, theme.ACCENT, 10 * scale).copy() if lit else theme.panel(size, 10 * scale)
    cap = theme.rounded((round(30 * scale), round(30 * scale)), (0, 0, 0, 40) if lit else theme.KEY, 6 * scale).copy()
    inked = theme.text(words, _WORDS * scale, face)
    if not key:
        surface.blit(inked, inked.get_rect(center=surface.get_rect().center))
        return surface
    letter = theme.text(key, _CAP * scale, face)
    cap.blit(letter, letter.get_rect(center=cap.get_rect().center))
    between = round(10 * scale)
    left = (size[0] - cap.get_width() - between - inked.get_width()) // 2
    surface.blit(cap, (left, (size[1] - cap.get_height()) // 2))
    surface.blit(inked, (left + cap.get_width() + between, (size[1] - inked.get_height()) // 2))
    return surface


def _pill(words: str, scale: float) -> pygame.Surface:
    inked = theme.text(words, 26 * scale)
    surface = theme.panel((inked.get_width() + round(56 * scale), round(52 * scale)), 26 * scale)
    surface.blit(inked, inked.get_rect(center=surface.get_rect().center))
    return surface


def _middle(places: Layout) -> tuple[int, int]:
    return places.window[0] // 2, places.pictures[0].centery


def _centred(surface: pygame.Surface, place: tuple[int, int]) -> tuple[int, int]:
    return place[0] - surface.get_width() // 2, place[1] - surface.get_height() // 2
