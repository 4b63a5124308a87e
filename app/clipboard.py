"""What another program has copied: words at once, a picture by the platform's own tools, which may take a while."""

import contextlib
import os
import shutil
import subprocess
import sys
import warnings
from io import BytesIO

import pygame
from PIL import Image, ImageGrab

from model.errors import WorldError

_TEXTS = ("text/plain;charset=utf-8", "text/plain")
_SECONDS = 3.0
"""Time for a picture: it comes from the program that it was copied in, which may hang."""
_TOOLS = "install xclip (on Wayland: wl-clipboard), or drop the picture's file"


def copied_text() -> str:
    """Return what text is in the clipboard; empty where there is none, or no clipboard. For the main thread."""
    with contextlib.suppress(pygame.error):
        if not pygame.scrap.get_init():
            pygame.scrap.init()
        for kind in _TEXTS:
            if found := pygame.scrap.get(kind):
                return found.decode("utf-8", "replace")
    return ""


def copied_picture(*, needed: bool) -> Image.Image | list[str] | None:
    """Return what picture, or names of files, the platform's own tools find in the clipboard. For any other thread.

    Raises:
        WorldError: where there is no such tool, and it is `needed`, or the picture does not come.
    """
    try:
        return ImageGrab.grabclipboard() if sys.platform in ("darwin", "win32") else _by_tool()
    except subprocess.TimeoutExpired:
        raise WorldError(
            "the program that the picture was copied in does not answer; copy it again, or drop the picture's file"
        ) from None
    except NotImplementedError:
        if needed:
            raise WorldError(f"pictures cannot be pasted here; {_TOOLS}") from None
    except Exception:  # no display, no picture, too large a one: Pillow raises many kinds
        pass
    return None


def _by_tool() -> Image.Image | None:
    """Return the picture that a tool finds, which Pillow's own function would wait for without an end."""
    done = subprocess.run(_command(), capture_output=True, timeout=_SECONDS)
    if done.returncode:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(BytesIO(done.stdout))
        picture.load()
    return picture


def _command() -> list[str]:
    """Return what writes the picture to its output; raises NotImplementedError where nothing does."""
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if (wayland or not x11) and shutil.which("wl-paste"):
        return ["wl-paste", "-t", "image"]
    if not wayland and shutil.which("xclip"):
        return ["xclip", "-selection", "clipboard", "-t", "image/png", "-o"]
    raise NotImplementedError
