"""What is drawn, read back from a context that needs no display."""

import math
from collections.abc import Callable, Iterator
from typing import Any, cast

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from app import theme
from app.picture import Filter, Picture, Sprite, Turn, cover, fit

from .display import unavailable

Seen = npt.NDArray[np.uint8]


class Paper:
    """A context whose screen is a sheet that can be read."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        self.screen = context.framebuffer([context.texture(size, 4)])
        self.size = size
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def seen(self) -> Seen:
        """(h, w, 3), top row first."""
        width, height = self.size
        return np.frombuffer(self.screen.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)[::-1]


@pytest.fixture(scope="module")
def context() -> Iterator[moderngl.Context]:
    try:
        context = moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:
        unavailable(f"drawing tests need EGL ({error}); apt-get install libegl1 libgl1")
    yield context
    context.release()


@pytest.fixture
def show(context: moderngl.Context) -> Callable[..., Seen]:
    def show(pixels: Seen, size: tuple[int, int], filter_: Filter, **how: Any) -> Seen:
        paper = Paper(context, size)
        picture = Picture(cast(moderngl.Context, paper), field_of_view=72.0)
        picture.filter = filter_
        picture.upload(pixels)
        picture.draw(size, **how)
        return paper.seen()

    return show


def noise(height: int = 20, width: int = 32) -> Seen:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_hard_pixels_are_the_frames_own_at_whole_multiples(show: Callable[..., Seen]) -> None:
    pixels = noise()
    np.testing.assert_array_equal(show(pixels, (96, 60), "pixels"), pixels.repeat(3, 0).repeat(3, 1))


def test_hard_pixels_keep_one_size_at_odd_multiples(show: Callable[..., Seen]) -> None:
    board = ((np.indices((20, 32)).sum(0) % 2) * 255).astype(np.uint8)[..., None].repeat(3, -1)
    seen = show(board, (32 * 7 // 2, 20 * 7 // 2), "pixels")[..., 0]
    between = (seen > 5) & (seen < 250)
    assert 0 < between.mean() < 0.5  # only borders are mixed
    assert abs(float(seen.mean()) - 127.5) < 2


@pytest.mark.parametrize("filter_", ["smooth", "edges"])
def test_filters_keep_flat_pictures_and_the_mean(show: Callable[..., Seen], filter_: Filter) -> None:
    flat = np.full((20, 32, 3), (10, 120, 240), np.uint8)
    assert np.abs(show(flat, (320, 200), filter_).astype(int) - (10, 120, 240)).max() <= 1
    pixels = noise()
    assert np.abs(show(pixels, (320, 200), filter_).mean((0, 1)) - pixels.mean((0, 1))).max() < 6


def test_a_filter_that_follows_edges_neither_rings_nor_staircases(show: Callable[..., Seen]) -> None:
    y, x = np.indices((24 * 8, 40 * 8)) / 8
    slope = np.where(x > 4 + y * 1.2, 220.0, 30.0).reshape(24, 8, 40, 8).mean((1, 3)).round()
    slope = slope.astype(np.uint8)[..., None].repeat(3, -1)
    smooth, edges = (show(slope, (480, 288), filter_)[..., 0].astype(int) for filter_ in ("smooth", "edges"))
    assert smooth.min() < 25 or smooth.max() > 225  # Catmull-Rom overshoots
    assert edges.min() >= 29 and edges.max() <= 221
    rows = np.arange(80, 160)
    crossing = {name: (seen[rows] > 125).argmax(1) for name, seen in (("smooth", smooth), ("edges", edges))}
    straight = {name: np.abs(at - np.polyval(np.polyfit(rows, at, 1), rows)).mean() for name, at in crossing.items()}
    assert straight["edges"] < 0.6 * straight["smooth"]


@pytest.mark.parametrize("filter_", ["pixels", "smooth"])
@pytest.mark.parametrize(("pitch", "yaw"), [(0.0, 6.0), (0.0, -9.0), (5.0, 0.0), (-4.0, 0.0)])
def test_a_turn_moves_things_as_a_camera_does(
    show: Callable[..., Seen], filter_: Filter, pitch: float, yaw: float
) -> None:
    height, width = 90, 160
    dark = np.zeros((height, width, 3), np.uint8)
    row, column = 40, 95
    dark[row - 1 : row + 2, column - 1 : column + 2] = 255
    seen = show(dark, (width * 4, height * 4), filter_, turn=Turn(pitch, yaw))[..., 0].astype(float)
    y, x = np.indices(seen.shape)
    found = (seen * y).sum() / seen.sum() / 4, (seen * x).sum() / seen.sum() / 4
    focal = height / 2 / math.tan(math.radians(36))
    right, down = (column + 0.5 - width / 2) / focal, (row + 0.5 - height / 2) / focal
    # where the thing stands for the turned camera: its angles less the turn
    if yaw:
        azimuth = math.atan(right) - math.radians(yaw)
        expected = (down * math.cos(math.atan(right)) / math.cos(azimuth), math.tan(azimuth))
    else:
        elevation = math.atan(down) - math.radians(pitch)
        expected = (math.tan(elevation), right * math.cos(math.atan(down)) / math.cos(elevation))
    for at, middle, angle in ((found[0], height / 2, expected[0]), (found[1], width / 2, expected[1])):
        assert at == pytest.approx(middle + angle * focal, abs=0.4)


def test_no_turn_is_the_frame_itself(show: Callable[..., Seen]) -> None:
    pixels = noise()
    still = show(pixels, (320, 200), "edges")
    np.testing.assert_array_equal(still, show(pixels, (320, 200), "edges", turn=Turn(0.0, 0.0)))


def test_a_change_of_filter_shows_without_a_new_frame(context: moderngl.Context) -> None:
    paper = Paper(context, (320, 200))
    picture = Picture(cast(moderngl.Context, paper))
    picture.upload(noise())
    seen = []
    for filter_ in ("smooth", "pixels", "edges", "smooth"):
        picture.filter = cast(Filter, filter_)
        picture.draw((320, 200))
        seen.append(paper.seen())
    np.testing.assert_array_equal(seen[0], seen[3])
    assert (seen[0] != seen[1]).any() and (seen[0] != seen[2]).any()


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (64, 64)])
def test_a_window_of_few_pixels_is_drawn(show: Callable[..., Seen], size: tuple[int, int]) -> None:
    seen = show(
        np.full((20, 32, 3), 200, np.uint8), size, "edges", sprites=[Sprite("one", theme.blank((0, 0)), (0, 0))]
    )
    assert seen.shape == (size[1], size[0], 3) and seen.max() > 150
    assert min(cover((32, 20), size).size) >= 1


@pytest.mark.parametrize("filter_", ["pixels", "edges"])
def test_the_past_lies_under_a_haze_that_thickens_outwards(show: Callable[..., Seen], filter_: Filter) -> None:
    bright = np.full((20, 32, 3), 200, np.uint8)
    clear, past = (show(bright, (320, 300), filter_, veiled=veiled)[..., 0].astype(int) for veiled in (False, True))
    middle, corner = past[150, 160], past[52, 2]
    assert clear[150, 160] == 200 and 150 < middle < 190 and corner < 0.75 * middle
    assert (past[:40] == clear[:40]).all(), "what the picture leaves free stays as it is"


def test_a_sprite_is_stretched_to_the_size_it_asks_for(show: Callable[..., Seen]) -> None:
    dot = theme.blank((1, 1))
    dot.fill((255, 0, 0, 255))
    seen = show(noise(), (64, 40), "edges", sprites=[Sprite("dot", dot, (10, 5), size=(20, 8))])
    red = (seen == (255, 0, 0)).all(axis=2)
    assert red[5:13, 10:30].all() and red.sum() == 20 * 8


@pytest.mark.parametrize("size", [(100, 50), (50, 100), (64, 40)])
def test_what_the_picture_leaves_free_is_dark(show: Callable[..., Seen], size: tuple[int, int]) -> None:
    bright = np.full((20, 32, 3), 200, np.uint8)
    left, bottom, width, height = fit((32, 20), size)
    for how in ({}, {"turn": Turn(2.0, 3.0)}):
        seen = show(bright, size, "edges", **how)
        inside = np.zeros(size[::-1], bool)
        inside[size[1] - bottom - height : size[1] - bottom, left : left + width] = True
        assert (seen[inside] > 190).all() and (seen[~inside] < 20).all()


def test_the_picture_keeps_its_shape_in_any_window() -> None:
    assert fit((160, 96), (1280, 720)) == (40, 0, 1200, 720)
    assert fit((160, 96), (400, 1000)) == (0, 380, 400, 240)
