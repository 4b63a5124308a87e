"""A picture of a person's own that comes into the window: dropped on it, or pasted as a path or as a picture."""

import contextlib
import warnings
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pygame
from PIL import Image, ImageGrab
from platformdirs import user_data_path

from model.errors import ArvdError, WorldError
from model.files import write_atomically

from .key_names import shortcut_of
from .walker import Walker

_TEXTS = ("text/plain;charset=utf-8", "text/plain")
_LONGEST = 4096
_TOOLS = "install xclip (on Wayland: wl-clipboard), or drop the picture's file"


def pasted_folder() -> Path:
    """Where pictures are kept that were pasted as such: a walk that is begun again reads its picture again."""
    return user_data_path("arvd", appauthor=False) / "pictures"


def is_picture(event: pygame.event.Event, *, pasting: bool) -> bool:
    """Whether an event brings a file; Ctrl+V (Cmd+V) does while `pasting` is what it means."""
    if event.type == pygame.KEYDOWN and pasting:
        letter = shortcut_of(event.key, event.dict.get("scancode", 0))
        return letter == pygame.K_v and bool(event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META))
    return bool(event.type == pygame.DROPFILE)


def picture_of(event: pygame.event.Event) -> Path:
    """Return the file that an event brings.

    Raises:
        ArvdError: when there is none.
    """
    return path_of(event.file) if event.type == pygame.DROPFILE else pasted(datetime.now())


def begins_in(
    event: pygame.event.Event, ask: Callable[[Callable[[Walker], None]], None], say: Callable[[str], None]
) -> bool:
    """Ask for a walk that begins in the picture of an event; where it brings none that is said, and False."""
    try:
        ask(begin_in(picture_of(event), say))
    except ArvdError as error:
        say(str(error))
        return False
    return True


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


def pasted(now: datetime) -> Path:
    """Return the picture in the clipboard, or the one whose path is there.

    Raises:
        WorldError: when there is neither, or no tool here that reads pictures from there.
        RunError: when a picture cannot be kept.
    """
    text = _copied_text()
    with contextlib.suppress(WorldError):
        return path_of(text)
    copied = _copied_picture(needed=not text)
    if copied is None:
        return path_of(text)  # says what is wrong with it
    if isinstance(copied, list):
        return path_of(copied[0] if copied else "")
    data = BytesIO()
    copied.convert("RGB").save(data, "PNG")
    path = pasted_folder() / f"pasted-{now:%Y%m%d-%H%M%S}.png"
    write_atomically(path, data.getvalue())
    return path


def _copied_text() -> str:
    """What text is in the clipboard; empty where there is none, or no clipboard."""
    with contextlib.suppress(pygame.error):
        if not pygame.scrap.get_init():
            pygame.scrap.init()
        for kind in _TEXTS:
            if found := pygame.scrap.get(kind):
                return found.decode("utf-8", "replace")
    return ""


def _copied_picture(*, needed: bool) -> Image.Image | list[str] | None:
    """What picture, or names of files, the platform's own tools find in the clipboard.

    Raises:
        WorldError: where there is no such tool, and it is `needed`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return ImageGrab.grabclipboard()
        except NotImplementedError:
            if needed:
                raise WorldError(f"pictures cannot be pasted here; {_TOOLS}") from None
        except Exception:  # no display, no picture, too large a one: Pillow raises many kinds
            pass
    return None
