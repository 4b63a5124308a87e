"""The library beneath pygame, for what pygame does not pass on."""

import ctypes
import sys

import pygame


def sdl() -> ctypes.CDLL | None:
    """Return the SDL that pygame has loaded, None where it cannot be reached."""
    try:
        # what a symbol is looked up in includes what the module was linked with, but on Windows
        return ctypes.CDLL("SDL2" if sys.platform == "win32" else pygame.base.__file__)
    except (OSError, AttributeError):
        return None
