"""Draws with moderngl: the generated picture, scaled up, and flat sprites (HUD, menu) over it.

The picture is enlarged three times by a Catmull-Rom filter and linearly from there to the window. At a
window's usual size that looks like Catmull-Rom all the way and costs a third of it where a CPU draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import pygame

from .engine import Pixels

_ENLARGED = 3
_BACKGROUND = (0.020, 0.024, 0.031)

# One triangle that covers the viewport needs no vertex buffer; nor do four corners at `place` (x, y, w, h in
# 0..1 from the top left).
_COVER = """
#version 330 core
out vec2 uv;
void main() {
    vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
    uv = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
_PLACE = """
#version 330 core
uniform vec4 place;
out vec2 uv;
void main() {
    uv = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    vec2 at = place.xy + uv * place.zw;
    gl_Position = vec4(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
}
"""
# Sixteen taps of a Catmull-Rom spline in nine fetches: the two middle taps of each axis share a linear one.
_CATMULL_ROM = """
#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
vec4 weights(float f) {
    return vec4(f * (-0.5 + f * (1.0 - 0.5 * f)), 1.0 + f * f * (-2.5 + 1.5 * f),
                f * (0.5 + f * (2.0 - 1.5 * f)), f * f * (-0.5 + 0.5 * f));
}
void main() {
    vec2 size = vec2(textureSize(picture, 0));
    vec2 at = uv * size - 0.5;
    vec2 base = floor(at);
    vec4 wx = weights(at.x - base.x), wy = weights(at.y - base.y);
    vec2 w0 = vec2(wx.x, wy.x), w12 = vec2(wx.y + wx.z, wy.y + wy.z), w3 = vec2(wx.w, wy.w);
    vec2 p0 = (base - 0.5) / size, p3 = (base + 2.5) / size;
    vec2 p12 = (base + 0.5 + vec2(wx.z, wy.z) / w12) / size;
    vec3 sum =
        (texture(picture, p0).rgb * w0.x + texture(picture, vec2(p12.x, p0.y)).rgb * w12.x
         + texture(picture, vec2(p3.x, p0.y)).rgb * w3.x) * w0.y
        + (texture(picture, vec2(p0.x, p12.y)).rgb * w0.x + texture(picture, p12).rgb * w12.x
           + texture(picture, vec2(p3.x, p12.y)).rgb * w3.x) * w12.y
        + (texture(picture, vec2(p0.x, p3.y)).rgb * w0.x + texture(picture, vec2(p12.x, p3.y)).rgb * w12.x
           + texture(picture, p3).rgb * w3.x) * w3.y;
    colour = vec4(sum, 1.0);
}
"""
_LIT = """
#version 330 core
uniform sampler2D picture;
uniform float light;
in vec2 uv;
out vec4 colour;
void main() {
    colour = vec4(texture(picture, vec2(uv.x, 1.0 - uv.y)).rgb * light, 1.0);
}
"""
_SPRITE = """
#version 330 core
uniform sampler2D picture;
uniform float alpha;
in vec2 uv;
out vec4 colour;
void main() {
    vec4 texel = texture(picture, uv);
    colour = vec4(texel.rgb, texel.a * alpha);
}
"""


@dataclass(frozen=True)
class Sprite:
    """A surface over the picture. A surface is uploaded once; draw a new one to change it."""

    name: str
    surface: pygame.Surface
    at: tuple[int, int]
    """Left and top in window pixels."""
    alpha: float = 1.0


class Picture:
    """What is on the screen: the newest frame and the sprites over it."""

    def __init__(self, context: moderngl.Context) -> None:
        """Compile the shaders."""
        self._context = context
        self._catmull_rom = context.vertex_array(context.program(_COVER, _CATMULL_ROM), [])
        self._lit = context.vertex_array(context.program(_COVER, _LIT), [])
        self._sprite = context.vertex_array(context.program(_PLACE, _SPRITE), [])
        self._frame: moderngl.Texture | None = None
        self._enlarged: moderngl.Framebuffer | None = None
        self._textures: dict[str, tuple[pygame.Surface, moderngl.Texture]] = {}

    def upload(self, pixels: Pixels) -> None:
        """Take a new frame, bytes (height, width, 3)."""
        height, width = pixels.shape[:2]
        if self._frame is None or self._frame.size != (width, height):
            self._resize(width, height)
        assert self._frame is not None and self._enlarged is not None
        self._frame.write(pixels.tobytes())
        self._enlarged.use()
        self._frame.use()
        self._catmull_rom.render(moderngl.TRIANGLES, vertices=3)

    def draw(self, size: tuple[int, int], sprites: Sequence[Sprite] = (), *, light: float = 1.0) -> None:
        """Draw the newest frame, `light` times as bright, and the sprites into a window of `size` pixels."""
        screen = self._context.screen
        screen.use()
        screen.viewport = (0, 0, *size)
        screen.clear(*_BACKGROUND)
        if self._enlarged is not None and self._frame is not None:
            screen.viewport = fit(self._frame.size, size)
            _texture_of(self._enlarged).use()
            self._lit.program["light"] = light
            self._lit.render(moderngl.TRIANGLES, vertices=3)
            screen.viewport = (0, 0, *size)
        if sprites:
            self._draw_sprites(size, sprites)

    def _draw_sprites(self, size: tuple[int, int], sprites: Sequence[Sprite]) -> None:
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        for sprite in sprites:
            self._texture(sprite).use()
            (left, top), (width, height) = sprite.at, sprite.surface.get_size()
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
        if self._frame is not None and self._enlarged is not None:
            _texture_of(self._enlarged).release()
            self._enlarged.release()
            self._frame.release()
        self._frame = _smooth(self._context.texture((width, height), 3, alignment=1))
        large = _smooth(self._context.texture((width * _ENLARGED, height * _ENLARGED), 4))
        self._enlarged = self._context.framebuffer([large])


def fit(picture: tuple[int, int], window: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, bottom, width and height of the largest place of the picture's shape in the window."""
    scale = min(window[0] / picture[0], window[1] / picture[1])
    width, height = max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))
    return (window[0] - width) // 2, (window[1] - height) // 2, width, height


def _smooth(texture: moderngl.Texture) -> moderngl.Texture:
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def _texture_of(framebuffer: moderngl.Framebuffer) -> moderngl.Texture:
    texture = framebuffer.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    return texture
