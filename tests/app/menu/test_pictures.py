from pathlib import Path

import numpy as np
import pygame
from PIL import Image

from app.menu.pictures import Pictures


def colour(surface: pygame.Surface, at: tuple[int, int]) -> tuple[int, ...]:
    """Colour at a place, to the nearest ten."""
    return tuple(round(part / 10) * 10 for part in tuple(surface.get_at(at))[:3])


def middle(surface: pygame.Surface) -> tuple[int, ...]:
    return colour(surface, surface.get_rect().center)


def test_a_picture_fills_its_place_about_its_centre(tmp_path: Path) -> None:
    wide = np.zeros((40, 200, 3), np.uint8)
    wide[:, 60:140] = (10, 200, 30)
    surface = Pictures().surface(wide, (80, 48), 6)
    assert surface.get_size() == (80, 48)
    assert all(colour(surface, at) == (10, 200, 30) for at in ((8, 24), (40, 8), (70, 40)))
    assert surface.get_at((0, 0)).a == 0, "round corners"


def test_a_file_is_read_once_and_one_that_is_none_is_an_empty_card(tmp_path: Path) -> None:
    path, pictures = tmp_path / "a.png", Pictures()
    Image.new("RGB", (160, 96), (10, 200, 30)).save(path)
    first = pictures.surface(path, (80, 48), 6)
    path.unlink()
    assert pictures.surface(path, (80, 48), 6) is first and middle(first) == (10, 200, 30)
    assert pictures.pixels(tmp_path / "none.png") is None
    assert pictures.surface(tmp_path / "none.png", (80, 48), 6).get_size() == (80, 48)


def test_what_cannot_be_chosen_is_grey() -> None:
    red, green, blue = middle(Pictures().surface(np.full((9, 16, 3), (200, 90, 10), np.uint8), (80, 48), 6, grey=True))
    assert red == green == blue < 110
