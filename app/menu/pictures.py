"""The pictures of cards: read once, cropped to the card, with round corners."""

from pathlib import Path

import numpy as np
import pygame

from model.errors import WorldError
from model.pictures import read_picture

from .. import theme
from ..engine import Pixels

_MOST = 200
_STORED = 96, 160  # height and width that are kept of a picture file, at least


class Pictures:
    """What was read and drawn so far."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._read: dict[Path, Pixels | None] = {}
        self._drawn: dict[tuple[Path, tuple[int, int], bool], pygame.Surface] = {}

    def pixels(self, picture: Path | Pixels | None) -> Pixels | None:
        """Return a picture (h, w, 3); None where there is none, or none that can be read: loading it will say why."""
        if not isinstance(picture, Path):
            return picture
        if picture not in self._read:
            try:
                self._read[picture] = read_picture(picture, *_STORED)
            except WorldError:
                self._read[picture] = None
        return self._read[picture]

    def surface(
        self, picture: Path | Pixels | None, size: tuple[int, int], radius: float, *, grey: bool = False
    ) -> pygame.Surface:
        """Return a picture that fills `size` pixels."""
        if not isinstance(picture, Path):
            return thumbnail(picture, size, radius, grey=grey)
        key = (picture, size, grey)
        if key not in self._drawn:
            while len(self._drawn) >= _MOST:
                del self._drawn[next(iter(self._drawn))]
            self._drawn[key] = thumbnail(self.pixels(picture), size, radius, grey=grey)
        return self._drawn[key]


def thumbnail(pixels: Pixels | None, size: tuple[int, int], radius: float, *, grey: bool = False) -> pygame.Surface:
    """Return a picture that fills `size` pixels, cropped where its shape is another; an empty field for None."""
    if pixels is None:
        return theme.rounded(size, theme.KEY, radius)
    if grey:
        pixels = (pixels.mean(axis=2, keepdims=True) * 0.5).astype(np.uint8).repeat(3, axis=2)
    height, width = pixels.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    whole = pygame.surfarray.make_surface(np.ascontiguousarray(pixels.swapaxes(0, 1)))
    whole = pygame.transform.smoothscale(
        whole, (max(size[0], round(width * scale)), max(size[1], round(height * scale)))
    )
    surface = theme.blank(size)
    surface.blit(whole, whole.get_rect(center=surface.get_rect().center))
    surface.blit(theme.rounded(size, (255, 255, 255, 255), radius), (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    return surface
