"""A dataset at a glance: frames spread over clips, with what the hands do drawn over them."""

from collections.abc import Callable, Iterator

import numpy as np
import pygame

from model.actions import KEYS
from model.footage.clip import Actions, Dataset, Frames

from ..metrics.pictures import Bytes

CLIPS, COLUMNS = 12, 6
"""Rows of a sheet at most, and frames of each."""

_TILE = 208  # pixels of width that frames are brought near to, by a whole factor
_GAP, _MARGIN, _STRIP = 6, 14, 24
_PAPER, _INK, _FAINT = (24, 26, 30), (236, 238, 240), (150, 156, 164)
_SHADE, _ACCENT = (0, 0, 0, 150), (255, 214, 92)
_CAPS = dict(zip(KEYS, ("W", "S", "A", "D", "jump", "sneak", "sprint", "attack", "use"), strict=True))
_DIAL, _FULL_TURN = 12, 0.8  # radius in pixels; units of camera motion that reach its rim
_OVERSAMPLED = 3  # the font is uneven at small sizes


def contact_sheet(dataset: Dataset, advance: Callable[[], None] = lambda: None) -> Bytes:
    """Draw up to `CLIPS` clips, evenly spread, a row of `COLUMNS` frames each: (H, W, 3).

    `advance` is called once per row; `sheet_rows` says how often.

    Raises:
        DataError: when a clip does not decode.
    """
    pygame.font.init()
    chosen = np.linspace(0, len(dataset.names) - 1, sheet_rows(dataset)).round().astype(int).tolist()
    rows = []
    for index in chosen:
        rows.append(_row(dataset, index))
        advance()
    width = max(row.get_width() for row in rows) + 2 * _MARGIN
    height = sum(row.get_height() + _GAP for row in rows) + 2 * _MARGIN - _GAP
    sheet = pygame.Surface((width, height))
    sheet.fill(_PAPER)
    top = _MARGIN
    for row in rows:
        sheet.blit(row, (_MARGIN, top))
        top += row.get_height() + _GAP
    return np.ascontiguousarray(pygame.surfarray.array3d(sheet).swapaxes(0, 1))


def sheet_rows(dataset: Dataset) -> int:
    """Rows that a sheet of `dataset` has."""
    return min(CLIPS, len(dataset.names))


def _row(dataset: Dataset, index: int) -> pygame.Surface:
    """Caption and frames of one clip."""
    count = dataset.frame_counts[index]
    places = np.linspace(0, count - 1, COLUMNS + 2)[1:-1].round().astype(int).tolist()
    tiles = [
        _tile(frame, dataset.actions(index)[place], place)
        for place, frame in zip(places, _frames_at(dataset, index, places), strict=True)
    ]
    width, height = tiles[0].get_size()
    row = pygame.Surface((COLUMNS * (width + _GAP) - _GAP, _STRIP + height))
    row.fill(_PAPER)
    details = dataset.details(index)
    about = " · ".join(part for part in (details.biome, details.weather, details.time) if part)
    seconds = f"{count:,} frames, {count / dataset.fps:.0f} s"
    right = _words(" · ".join(part for part in (about, seconds) if part), 15, _FAINT)
    room = row.get_width() - right.get_width() - 3 * _GAP
    name = _words(dataset.names[index], 17, _INK)
    row.blit(name, (0, 4), (0, 0, max(room, 0), _STRIP))
    row.blit(right, (row.get_width() - right.get_width(), 5))
    for k, tile in enumerate(tiles):
        row.blit(tile, (k * (width + _GAP), _STRIP))
    return row


def _frames_at(dataset: Dataset, index: int, places: list[int]) -> Iterator[Frames]:
    """Frames (h, w, 3) at ascending places of a clip; what lies behind the last is not decoded."""
    first, wanted = 0, iter(places)
    place = next(wanted, None)
    for frames in dataset.chunks(index):
        while place is not None and place < first + len(frames):
            yield frames[place - first]
            place = next(wanted, None)
        if place is None:
            return
        first += len(frames)


def _tile(frame: Frames, action: Actions, place: int) -> pygame.Surface:
    """One frame with its number, the keys held and the camera's motion."""
    height, width = frame.shape[:2]
    factor = max(1, round(width / _TILE))
    small = frame[: height // factor * factor, : width // factor * factor]
    small = small.reshape(height // factor, factor, width // factor, factor, 3).mean((1, 3)).astype(np.uint8)
    grown = max(1, round(_TILE / small.shape[1]))
    small = small.repeat(grown, 0).repeat(grown, 1)
    tile = pygame.Surface(small.shape[1::-1], pygame.SRCALPHA)
    pygame.surfarray.blit_array(tile, small.swapaxes(0, 1))
    tile.fill((0, 0, 0, 255), special_flags=pygame.BLEND_RGBA_ADD)  # arrays leave a surface transparent
    _label(tile, str(place), (3, 3), _INK)
    left = 3
    for key, cap in _CAPS.items():
        if action[KEYS.index(key)] >= 0.5:
            left += _label(tile, cap, (left, tile.get_height() - 18), _ACCENT) + 2
    if action[-2:].any():
        _dial(tile, float(action[-2]), float(action[-1]))
    return tile


def _label(tile: pygame.Surface, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> int:
    """Write on a shaded ground; returns the width."""
    words = _words(text, 13, colour)
    ground = pygame.Surface((words.get_width() + 6, 15), pygame.SRCALPHA)
    pygame.draw.rect(ground, _SHADE, ground.get_rect(), border_radius=3)
    ground.blit(words, (3, 3))
    tile.blit(ground, place)
    return ground.get_width()


def _dial(tile: pygame.Surface, pitch: float, yaw: float) -> None:
    """A hand on a disc, bottom right: where the camera turns to and how fast."""
    side = 2 * _DIAL
    large = pygame.Surface((side * _OVERSAMPLED, side * _OVERSAMPLED), pygame.SRCALPHA)
    middle = pygame.Vector2(large.get_size()) / 2
    pygame.draw.circle(large, _SHADE, middle, _DIAL * _OVERSAMPLED)
    turn = pygame.Vector2(yaw, pitch)
    turn.scale_to_length(min(1.0, (turn.length() / _FULL_TURN) ** 0.5))  # by the root, so that slow turns show
    pygame.draw.line(large, _ACCENT, middle, middle + turn * (_DIAL - 2) * _OVERSAMPLED, 2 * _OVERSAMPLED)
    pygame.draw.circle(large, _ACCENT, middle, 2 * _OVERSAMPLED)
    dial = pygame.transform.smoothscale(large, (side, side))
    tile.blit(dial, (tile.get_width() - side - 3, tile.get_height() - side - 3))


def _words(text: str, size: int, colour: tuple[int, int, int]) -> pygame.Surface:
    """One line of text; characters that no text has are left out."""
    line = "".join(character for character in text if character.isprintable())
    large = pygame.font.Font(None, size * _OVERSAMPLED).render(line, True, colour)
    width, height = large.get_size()
    return pygame.transform.smoothscale(large, (width // _OVERSAMPLED, height // _OVERSAMPLED))
