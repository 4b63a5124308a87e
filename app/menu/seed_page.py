"""The choice of another seed."""

import secrets
from collections.abc import Callable

from model.errors import ArvdError

from ..option_values import MAX_SEED
from .menu import Menu
from .page import Entry, Page

_RANDOM_SEEDS = 10**6  # a random one is short enough to be told to somebody


def seed_page(seed: int, begin: Callable[[int], None], menu: Menu) -> Page:
    """Return the page; `begin` takes the seed that is chosen, `seed` is the one of now."""

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
