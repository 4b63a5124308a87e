"""The page that is shown when no more frames can be made: why, and what can be done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ..fault_report import FaultReport
from .page import Do, Entry, Item, Page, Width, Words


class FaultDesk(Protocol):
    """The player as the page sees it."""

    def restart(self) -> None:
        """Load the world again and begin at the scene of now."""

    def choose_world(self) -> None:
        """Show the worlds, to leave for one."""

    def quit(self) -> None:
        """End the program."""


def fault_page(fault: FaultReport, desk: FaultDesk) -> Page:
    """Return why the world stopped, and what can be done."""
    ways = (
        Entry(label="Restart", note="load the world again, begin at this scene", do=desk.restart),
        Entry(label="Worlds", note="leave for another", do=desk.choose_world),
    )
    return stopped_page(fault, "The world stopped", ways, desk.quit)


def stopped_page(fault: FaultReport, title: str, ways: Sequence[Entry], leave: Do) -> Page:
    """Return why something stopped, the ways on from there, a report that can be saved, and the end."""

    def save() -> None:
        fault.save(datetime.now())

    items: list[Item] = [Words(fault.sentence, warning=True)]
    if fault.recorded:
        items.append(Words(f"What was recorded is kept: {fault.recorded}"))
    if fault.saved is not None:
        items.append(Words(f"The report is in {fault.saved}"))
    items += [
        *ways,
        Entry(label="Save report", note="what happened, for whoever can mend it", do=save),
        Entry(label="Quit", do=leave),
    ]
    return Page(title=title, items=tuple(items), width=Width.MEDIUM)
