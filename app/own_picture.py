"""A picture of a person's own that comes into the window: dropped on it, or pasted as a path or as a picture."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pygame
from platformdirs import user_data_path

from model.errors import ArvdError, WorldError
from model.files import write_atomically

from .clipboard import copied_picture, copied_text
from .key_names import shortcut_of
from .walker import Walker
from .writing import Writer

_LONGEST = 4096


def pasted_folder() -> Path:
    """Where pictures are kept that were pasted as such: a walk that is begun again reads its picture again."""
    return user_data_path("arvd", appauthor=False) / "pictures"


def is_picture(event: pygame.event.Event, *, pasting: bool) -> bool:
    """Whether an event brings a file; Ctrl+V (Cmd+V) does while `pasting` is what it means."""
    if event.type == pygame.KEYDOWN and pasting:
        letter = shortcut_of(event.key, event.dict.get("scancode", 0))
        return letter == pygame.K_v and bool(event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META))
    return bool(event.type == pygame.DROPFILE)


def begins_in(
    event: pygame.event.Event,
    pasting: "Pasting",
    ask: Callable[[Callable[[Walker], None]], None],
    say: Callable[[str], None],
) -> bool:
    """Ask for a walk that begins in the picture of an event; where it brings none that is said, and False.

    One that is in the clipboard is not there yet: `pasting` fetches it.
    """
    if event.type != pygame.DROPFILE:
        pasting.begin()
        return False
    try:
        ask(begin_in(path_of(event.file), say))
    except ArvdError as error:
        say(str(error))
        return False
    return True


class Pasting:
    """What is in the clipboard, on its way into the window; it may come from a program that is slow to answer."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` hears, in another thread, why a picture does not come."""
        self._writer = Writer("clipboard", say)

    def begin(self) -> None:
        """Have what was copied come as if its file was dropped on the window, unless something is on its way."""
        if self._writer.left:
            return
        text, now = copied_text(), datetime.now()

        def fetch() -> str:
            try:
                path = pasted(text, now)
            except ArvdError as error:
                return str(error)
            with contextlib.suppress(pygame.error):  # a window that was closed meanwhile
                pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(path)))
            return ""

        self._writer.put("the picture", fetch)

    def end(self) -> None:
        """Wait for what is on its way, and leave nothing of it to what is shown next."""
        self._writer.wait()
        pygame.event.clear(pygame.DROPFILE)


def begin_in(path: Path, say: Callable[[str], None]) -> Callable[[Walker], None]:
    """Return what begins a walk in a picture; a file that is none raises WorldError there, and nothing changes."""

    def begin(walker: Walker) -> None:
        try:
            walker.begin(str(path))
        except WorldError as error:
            raise WorldError(str(error).replace(str(path), path.name)) from None
        say(f"begun in {path.name}")

    return begin


def path_of(text: str) -> Path:
    """Return the file that a path or a `file://` address names.

    Raises:
        WorldError: when there is none.
    """
    lines = [line.strip() for line in text.replace("\0", "").splitlines() if line.strip() and line[0] != "#"]
    words = lines[0].strip("\"'") if lines else ""
    address = urlsplit(words) if words.startswith("file:") else None
    path = Path(url2pathname(unquote(address.path)) if address is not None else words)
    try:
        if len(words) <= _LONGEST and path.expanduser().is_file():
            return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have
        pass
    raise WorldError(f"{words[:60] or 'nothing'!r} is no file; drop or paste a PNG or JPEG picture")


def pasted(text: str, now: datetime) -> Path:
    """Return the picture whose path is the `text` in the clipboard, or else the one that is there itself.

    Raises:
        WorldError: when there is neither, or none that comes, or no tool here that reads pictures from there.
        RunError: when a picture cannot be kept.
    """
    with contextlib.suppress(WorldError):
        return path_of(text)
    copied = copied_picture(needed=not text)
    if copied is None:
        return path_of(text)  # says what is wrong with it
    if isinstance(copied, list):
        return path_of(copied[0] if copied else "")
    data = BytesIO()
    copied.convert("RGB").save(data, "PNG")
    path = pasted_folder() / f"pasted-{now:%Y%m%d-%H%M%S}.png"
    write_atomically(path, data.getvalue())
    return path
