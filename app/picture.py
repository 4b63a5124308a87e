"""Draws with moderngl: the generated picture, scaled up and turned with the mouse, and flat sprites over it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import moderngl
import numpy as np
import pygame

from . import shaders
from .engine import Pixels

_BACKGROUND = (0.020, 0.024, 0.031)


@dataclass(frozen=True)
class Sprite:
    """A surface over the picture. A surface is uploaded once; draw a new one to change it."""

    name: str
    surface: pygame.Surface
    at: tuple[int, int]
    """Left and top in window pixels."""
    alpha: float = 1.0
    size: tuple[int, int] | None = None
    """Width and height in window pixels that it is stretched to; None for its own."""


Filter = Literal["pixels", "smooth", "edges"]
"""Hard pixels; Catmull-Rom; a kernel that follows edges."""

FIELD_OF_VIEW = 72.0
"""Vertical, in degrees, of a world that states none."""


@dataclass(frozen=True)
class Turn:
    """How far the camera went since the newest frame, in degrees, + = down / right."""

    pitch: float = 0.0
    yaw: float = 0.0

    def matrix(self) -> tuple[float, ...]:
        """Return what takes rays (right, down, ahead) of the turned camera to the frame's, 3x3, column by column."""
        pitch, yaw = math.radians(self.pitch), math.radians(self.yaw)
        (sp, cp), (sy, cy) = (math.sin(pitch), math.cos(pitch)), (math.sin(yaw), math.cos(yaw))
        return cy, 0.0, -sy, -sp * sy, cp, -sp * cy, cp * sy, sp, cp * cy


class Picture:
    """What is on the screen: the newest frame and the sprites over it."""

    def __init__(self, context: moderngl.Context, *, field_of_view: float = FIELD_OF_VIEW) -> None:
        """Compile the shaders; `field_of_view` is that of the frames, vertical, in degrees."""
        self._context = context
        context.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._half_view = math.tan(math.radians(field_of_view) / 2)
        self._filters = {
            name: context.vertex_array(context.program(shaders.COVER, source), [])
            for name, source in (("smooth", shaders.SMOOTH), ("edges", shaders.EDGES))
        }
        self._lit = context.vertex_array(context.program(shaders.LOOK, shaders.LIT), [])
        self._pixels = context.vertex_array(context.program(shaders.LOOK, shaders.PIXELS), [])
        self._veil = context.vertex_array(context.program(shaders.COVER, shaders.VEIL), [])
        self._sprite = context.vertex_array(context.program(shaders.PLACE, shaders.SPRITE), [])
        self._filter: Filter = "smooth"
        self._frame: moderngl.Texture | None = None
        self._enlarged: moderngl.Framebuffer | None = None
        self._textures: dict[str, tuple[pygame.Surface, moderngl.Texture]] = {}

    @property
    def filter(self) -> Filter:
        """How frames are enlarged."""
        return self._filter

    @filter.setter
    def filter(self, filter_: Filter) -> None:
        self._filter = filter_
        if self._frame is not None:
            self._enlarge()

    def upload(self, pixels: Pixels) -> None:
        """Take a new frame, bytes (height, width, 3)."""
        height, width = pixels.shape[:2]
        if self._frame is None or self._frame.size != (width, height):
            self._resize(width, height)
        assert self._frame is not None
        self._frame.write(np.ascontiguousarray(pixels))
        self._enlarge()

    def draw(
        self,
        size: tuple[int, int],
        sprites: Sequence[Sprite] = (),
        *,
        light: float = 1.0,
        turn: Turn | None = None,
        place: pygame.Rect | None = None,
        clear: bool = True,
        veiled: bool = False,
    ) -> None:
        """Draw the newest frame, `light` times as bright, and the sprites into a window of `size` pixels.

        The frame fills the window, or a `place` in it, as far as its shape allows. With `turn` it is shown as its
        camera would have seen it after that turn, as far as it saw it. Without `clear` what was drawn before stays.
        A frame that is `veiled` looks like the past.
        """
        screen = self._context.screen
        screen.use()
        screen.viewport = (0, 0, *size)
        if self._enlarged is None or self._frame is None:
            if clear:
                screen.clear(*_BACKGROUND)
        else:
            place = place or pygame.Rect((0, 0), size)
            left, bottom, shown_width, shown_height = fit(self._frame.size, place.size)
            shown = pygame.Rect(place.left + left, size[1] - place.bottom + bottom, shown_width, shown_height)
            for strip in _around(shown, size) if clear else ():
                screen.clear(*_BACKGROUND, viewport=_box(strip))
            screen.viewport = _box(shown)
            hard = self._filter == "pixels"
            (self._frame if hard else _texture_of(self._enlarged)).use()
            drawn = self._pixels if hard else self._lit
            drawn.program["light"] = light
            drawn.program["turn"] = (turn or Turn()).matrix()
            width, height = self._frame.size
            drawn.program["half_view"] = self._half_view * width / height, self._half_view
            drawn.render(moderngl.TRIANGLES, vertices=3)
            if veiled:
                self._context.enable(moderngl.BLEND)
                self._veil.render(moderngl.TRIANGLES, vertices=3)
                self._context.disable(moderngl.BLEND)
            screen.viewport = (0, 0, *size)
        if sprites:
            self._draw_sprites(size, sprites)

    def read(self, size: tuple[int, int]) -> Pixels:
        """What was drawn into a window of `size` pixels: (h, w, 3), top row first; before it is shown."""
        width, height = size
        data = self._context.screen.read(viewport=(0, 0, width, height), components=3, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(height, width, 3)[::-1].copy()

    def release(self) -> None:
        """Free what it takes of the graphics memory; nothing can be drawn afterwards."""
        for drawn in (*self._filters.values(), self._lit, self._pixels, self._veil, self._sprite):
            drawn.program.release()
            drawn.release()
        for _, texture in self._textures.values():
            texture.release()
        self._textures.clear()
        self._free()

    def _enlarge(self) -> None:
        if self._filter == "pixels":
            return
        assert self._frame is not None and self._enlarged is not None
        self._enlarged.use()
        self._frame.use()
        self._filters[self._filter].render(moderngl.TRIANGLES, vertices=3)

    def _draw_sprites(self, size: tuple[int, int], sprites: Sequence[Sprite]) -> None:
        self._context.enable(moderngl.BLEND)
        for sprite in sprites:
            self._texture(sprite).use()
            (left, top), (width, height) = sprite.at, sprite.size or sprite.surface.get_size()
            place = (left / size[0], top / size[1], width / size[0], height / size[1])
            self._sprite.program["place"] = place
            self._sprite.program["alpha"] = sprite.alpha
            self._sprite.render(moderngl.TRIANGLE_STRIP, vertices=4)
        self._context.disable(moderngl.BLEND)

    def _texture(self, sprite: Sprite) -> moderngl.Texture:
        surface, texture = self._textures.get(sprite.name, (None, None))
        if surface is sprite.surface and texture is not None:
            return texture
        if texture is None or texture.size != sprite.surface.get_size():
            if texture is not None:
                texture.release()
            texture = self._context.texture(sprite.surface.get_size(), 4)
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        texture.write(pygame.image.tobytes(sprite.surface, "RGBA"))
        self._textures[sprite.name] = (sprite.surface, texture)
        return texture

    def _resize(self, width: int, height: int) -> None:
        self._free()
        self._frame = _smooth(self._context.texture((width, height), 3, alignment=1))
        large = _smooth(self._context.texture((width * shaders.ENLARGED, height * shaders.ENLARGED), 4))
        self._enlarged = self._context.framebuffer([large])

    def _free(self) -> None:
        if self._frame is not None and self._enlarged is not None:
            _texture_of(self._enlarged).release()
            self._enlarged.release()
            self._frame.release()
            self._frame = self._enlarged = None


def cover(picture: tuple[int, int], window: tuple[int, int]) -> pygame.Rect:
    """Return the smallest place of the picture's shape that leaves nothing of the window free."""
    scale = max(window[0] / picture[0], window[1] / picture[1])
    place = pygame.Rect(0, 0, max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale)))
    place.center = (window[0] // 2, window[1] // 2)
    return place


def fit(picture: tuple[int, int], window: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, bottom, width and height of the largest place of the picture's shape in the window."""
    scale = min(window[0] / picture[0], window[1] / picture[1])
    width, height = max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))
    return (window[0] - width) // 2, (window[1] - height) // 2, width, height


def _around(shown: pygame.Rect, window: tuple[int, int]) -> list[pygame.Rect]:
    """Return what a place leaves free of a window: at its left, its right, above and below.

    Only these are cleared, since a processor that draws would fill the whole window for nothing.
    """
    seen = shown.clip(pygame.Rect((0, 0), window))
    strips = (
        pygame.Rect(0, 0, seen.left, window[1]),
        pygame.Rect(seen.right, 0, window[0] - seen.right, window[1]),
        pygame.Rect(seen.left, 0, seen.width, seen.top),
        pygame.Rect(seen.left, seen.bottom, seen.width, window[1] - seen.bottom),
    )
    return [strip for strip in strips if strip.width > 0 and strip.height > 0]


def _box(place: pygame.Rect) -> tuple[int, int, int, int]:
    return place.left, place.top, place.width, place.height


def _smooth(texture: moderngl.Texture) -> moderngl.Texture:
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def _texture_of(framebuffer: moderngl.Framebuffer) -> moderngl.Texture:
    texture = framebuffer.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    return texture
