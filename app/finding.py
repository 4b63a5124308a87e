"""What the doctor finds, and what finds it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["fine", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One fact about this machine."""

    area: str
    status: Status
    fact: str
    remedy: str = ""
    """What to do about it; empty where nothing has to be done."""


Check = Callable[[], Iterable[Finding]]
