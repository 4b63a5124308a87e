import zlib
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

from model.errors import WorldError
from model.pictures import MOST_PIXELS, check_picture, read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def red_above_blue(path: Path, size: tuple[int, int] = (60, 40), **saved: object) -> Path:
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0], size[1] // 2))
    image.save(path, **saved)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_the_usual_kinds_are_read(tmp_path: Path, suffix: str) -> None:
    picture = read_picture(red_above_blue(tmp_path / f"mine.{suffix}"), 8, 8)
    assert picture.shape == (40, 60, 3) and picture.dtype == np.uint8 and picture.flags.writeable
    assert np.abs(picture[5, 30].astype(int) - RED).max() < 12
    assert np.abs(picture[35, 30].astype(int) - BLUE).max() < 12


@pytest.mark.parametrize(
    ("orientation", "red"),
    [(1, "top"), (2, "top"), (3, "bottom"), (4, "bottom"), (5, "left"), (6, "right"), (7, "right"), (8, "left")],
)
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int, red: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(red_above_blue(tmp_path / "photo.jpg", exif=exif, quality=95), 8, 8)
    sides = {"top": picture[2], "bottom": picture[-3], "left": picture[:, 2], "right": picture[:, -3]}
    assert picture.shape[:2] == ((40, 60) if orientation <= 4 else (60, 40))
    assert np.median(sides[red][:, 0]) > 230
    assert all(np.median(side[:, 0]) < 230 for name, side in sides.items() if name != red)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_all_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("mine.jpg" if mode == "CMYK" else "mine.png")
    Image.new(mode, (20, 10)).save(path)
    assert read_picture(path, 8, 8).shape == (10, 20, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_large_picture_comes_smaller_but_large_enough(tmp_path: Path, suffix: str) -> None:
    picture = read_picture(red_above_blue(tmp_path / f"large.{suffix}", (2000, 1200)), 32, 48)
    assert 32 <= picture.shape[0] < 1200 and picture.shape[1] / picture.shape[0] == pytest.approx(5 / 3, rel=0.02)
    assert picture[5, 5, 0] > 240 and picture[-5, 5, 2] > 240


def bomb(path: Path, side: int) -> Path:
    """A PNG of a few bytes that claims to be side x side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("side", [int(MOST_PIXELS**0.5) + 1, 20_000, 100_000])
def test_a_bomb_is_refused_by_its_head(tmp_path: Path, side: int) -> None:
    for read in (check_picture, lambda path: read_picture(path, 8, 8)):
        with pytest.raises(WorldError, match="larger than 89 million pixels; give a smaller picture"):
            read(bomb(tmp_path / "bomb.png", side))


def test_what_is_no_picture_is_said_in_one_sentence(tmp_path: Path) -> None:
    whole = red_above_blue(tmp_path / "whole.png").read_bytes()
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    for name, data in {"text.png": b"no picture", "empty.jpg": b"", "torn.png": whole[:60], "run.eps": script}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(WorldError, match=r"not a readable picture \(.*\); give a PNG or JPEG file") as caught:
            read_picture(tmp_path / name, 8, 8)
        assert "\n" not in str(caught.value) and name in str(caught.value) and "Error" not in str(caught.value)
    with pytest.raises(WorldError, match="No such file"):
        check_picture(tmp_path / "missing.png")
    with pytest.raises(WorldError, match="not a readable picture"):
        check_picture(tmp_path)
