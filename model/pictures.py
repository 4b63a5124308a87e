"""Pictures of a person's own, upright and within bounds whatever the file claims to be."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import WorldError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Kinds that are read: pixels alone, none that runs a program."""

MOST_PIXELS = 89_478_485
"""Of a picture, as in Pillow's own bound: a small file may claim to be far larger than memory."""

_KEPT = 4  # pixels of the file that are averaged for each one that is wanted, along a side, are enough


def read_picture(path: Path, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return the first picture of a file (h, w, 3), turned upright as its camera noted.

    One that is far larger than (height, width) comes smaller than it is stored, but never below that size.

    Raises:
        WorldError: for a file that is missing, no picture of a known kind, damaged or too large.
    """
    with _opened(path) as image:
        shrunk = min(image.width // (_KEPT * width), image.height // (_KEPT * height))
        if image.format == "JPEG" and shrunk > 1:
            image.draft("RGB", (image.width // shrunk, image.height // shrunk))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        shrunk = min(upright.width // (_KEPT * width), upright.height // (_KEPT * height))
        return np.asarray(upright.reduce(shrunk) if shrunk > 1 else upright, np.uint8).copy()


def fit_picture(picture: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Crop a picture (h, w, 3) to the aspect of (height, width) about its centre and scale it with area filtering."""
    h, w = picture.shape[:2]
    if (h, w) == (height, width):
        return picture
    scale = min(h / height, w / width)
    crop_h, crop_w = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (h - crop_h) // 2, (w - crop_w) // 2
    cropped = Image.fromarray(picture[top : top + crop_h, left : left + crop_w])
    return np.asarray(cropped.resize((width, height), Image.Resampling.BILINEAR), np.uint8).copy()


def check_picture(path: Path) -> None:
    """Look at the head of a picture file; raises WorldError as `read_picture` does."""
    with _opened(path):
        pass


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=FORMATS)
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise WorldError(
            f"{path}: is larger than {MOST_PIXELS // 10**6} million pixels; give a smaller picture"
        ) from None
    except Exception as error:  # Pillow raises many kinds
        raise WorldError(f"{path}: not a readable picture ({_reason(error)}); give a PNG or JPEG file") from None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnidentifiedImageError):
        return f"it is none of {', '.join(FORMATS)}"
    return str(error) or "it is damaged"
