"""Rows of the LMDB files that Matrix-Game and ForgeWM train on: one clip of latents each, with actions per frame.

A dataset is a folder with a data.mdb, or a folder of such folders, its shards. Keys are `<array>_<row>_data` and
`<array>_shape`, the latter as text with the number of rows first: latents in float16 (21, 16, 44, 80),
mouse_conditions and keyboard_conditions in float32 (81, 2) and (81, 4 or 6), prompts as text. Of latents that also
have steps of denoising, (steps, 21, 16, 44, 80), the last is the clean one. Arrays whose names begin with arvd_ are
ours.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.actions import ACTION_SIZE
from model.errors import DataError
from model.footage.clip import Actions
from model.footage.pitch import stated_pitch
from model.footage.untrusted import in_words, inside, plain_name

from .extras import needed
from .isolated import IsolatedReader
from .lmdb_head import check_length
from .lmdb_steps import KEYBOARD_WIDTHS, Alignment, frames_per_latent, steps
from .step_actions import check_steps

with needed("lmdb"):
    import lmdb  # noqa: F401 - the process that reads needs it

FILE = "data.mdb"
LATENTS, KEYBOARD, MOUSE, PROMPTS = "latents", "keyboard_conditions", "mouse_conditions", "prompts"
ACTIONS, CLIPS, CACHE = "arvd_actions", "arvd_clips", "arvd_cache"
"""Ours: actions (t, 11) in float32, one per latent; what else is known of a clip; what is known of all."""

MAX_ROW_BYTES = 512 << 20
"""Largest latents of one clip that are believed."""
_SHAPE = re.compile(r"\d{1,9}( \d{1,9}){0,7}")
_SHAPE_BYTES, _NOTE_BYTES = 128, 1 << 16
_DIGEST = re.compile(r"[0-9a-f]{16,128}")


@dataclass(frozen=True)
class Notes:
    """What we noted of the cache that a file was made from."""

    autoencoder: str
    fps: float
    size: tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One clip."""

    name: str
    latents: npt.NDArray[np.float16]
    """(t, c, h, w)."""
    actions: Actions
    """(t, 11), one per latent."""
    per: int
    """Frames that each latent but the first covers."""
    digest: str | None = None
    """Content hash of what the latents were made from, where we noted it."""
    position: int | None = None
    """Place among all clips, where we noted it."""
    pitch: float = 0.0
    """Of the camera as the clip begins, in degrees, where we noted it."""


def shards(source: Path) -> list[Path]:
    """The data.mdb files of a dataset, in the order of their folders' names.

    Raises:
        DataError: when there are none, or one lies elsewhere.
    """
    if source.is_file():
        return [source]
    found = [source / FILE] if (source / FILE).is_file() else sorted(source.glob(f"*/{FILE}"))
    if not found:
        raise DataError(f"{source}: holds no {FILE}, nor does any folder in it; give the folder of the LMDB files")
    return [inside(source, path) for path in found]


class Shard:
    """One file, open for reading. A context manager."""

    def __init__(self, path: Path) -> None:
        """Read the shapes of its arrays; raises DataError when they are missing, absurd or at odds."""
        self.path = path
        check_length(path)
        self._file = IsolatedReader("lmdb")
        try:
            self.rows, *latent = self._shape(LATENTS)
            self.latent = tuple(latent)
            if len(latent) not in (4, 5) or 2 * math.prod(latent) > MAX_ROW_BYTES or not math.prod(latent):
                raise DataError(f"{path}: states latents of {self.latent}, expected (frames, channels, height, width)")
            self._own = self._get(f"{ACTIONS}_shape", _SHAPE_BYTES) is not None
            count = latent[-4]
            if self._own:
                self._expect(ACTIONS, (count, ACTION_SIZE))
            self.frames, *_ = self._shape(MOUSE)[1:] or [0]
            self.width = (self._shape(KEYBOARD) or (0,))[-1]
            self._expect(MOUSE, (self.frames, 2))
            if self.width not in KEYBOARD_WIDTHS:
                raise DataError(f"{path}: has {self.width} keys, 4 (W, S, A, D) or 6 (and jump, attack) are read")
            self._expect(KEYBOARD, (self.frames, self.width))
            self.per = frames_per_latent(self.frames, count, str(path))
        except BaseException:
            self._file.close()
            raise

    def notes(self) -> Notes | None:
        """What we noted of the cache; None in files of others."""
        table = self._note(CACHE)
        if table is None:
            return None
        try:
            height, width = (int(side) for side in table["size"])
            notes = Notes(str(table["autoencoder"]), float(table["fps"]), (height, width))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{self.path}: {CACHE} lacks or garbles {in_words(error)}; export the file again") from None
        if not (
            0 < notes.fps < 1e4 and 0 < height < 1 << 16 and 0 < width < 1 << 16 and notes.autoencoder.isprintable()
        ):
            raise DataError(f"{self.path}: {CACHE} is out of range; export the file again")
        return notes

    def read(self, alignment: Alignment) -> Iterator[Row]:
        """All clips; raises DataError naming a row that is missing, of another size, or holds what is no number."""
        for row in range(self.rows):
            where = f"{self.path}: row {row}"
            latents = self._array(LATENTS, row, np.float16, self.latent)
            latents = latents[-1] if latents.ndim == 5 else latents
            if not np.isfinite(latents).all():
                raise DataError(f"{where}: its latents are not finite; export the file again")
            if self._own:
                actions = self._array(ACTIONS, row, np.float32, (len(latents), ACTION_SIZE))
                try:
                    check_steps(actions)
                except ValueError as error:
                    raise DataError(f"{where}: {error}; export the file again") from None
            else:
                keyboard = self._array(KEYBOARD, row, np.float32, (self.frames, self.width))
                mouse = self._array(MOUSE, row, np.float32, (self.frames, 2))
                actions = steps(keyboard, mouse, len(latents), alignment, where)
            yield Row(latents=latents, actions=actions, per=self.per, **self._known(row, where))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> "Shard":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def _known(self, row: int, where: str) -> dict[str, Any]:
        folder = self.path.parent.name
        table = self._note(f"{CLIPS}_{row}_data")
        if table is None:
            return {"name": f"{folder}-{row:06d}"}
        name, digest, position = (table.get(key) for key in ("name", "digest", "position"))
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or type(position) is not int:
            raise DataError(f"{where}: {CLIPS} is garbled; export the file again")
        try:
            pitch = stated_pitch(table.get("pitch", 0.0))
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{where}: {CLIPS} garbles a pitch ({in_words(error)}); export the file again") from None
        return {"name": plain_name(str(name), where), "digest": digest, "position": position, "pitch": pitch}

    def _get(self, key: str, most: int) -> bytes | None:
        return self._file.ask(self.path, most, key=key)

    def _note(self, key: str) -> dict[str, Any] | None:
        text = self._get(key, _NOTE_BYTES)
        if text is None:
            return None
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{self.path}: {key} is no JSON ({error}); export the file again") from None
        if not isinstance(table, dict):
            raise DataError(f"{self.path}: {key} is no table; export the file again")
        return table

    def _shape(self, array: str) -> tuple[int, ...]:
        text = (self._get(f"{array}_shape", _SHAPE_BYTES) or b"").decode("ascii", "replace")
        if not _SHAPE.fullmatch(text):
            raise DataError(f"{self.path}: {array}_shape is {text[:40]!r}; finish or repeat the export")
        return tuple(int(number) for number in text.split())

    def _expect(self, array: str, shape: tuple[int, ...]) -> None:
        stated = self._shape(array)
        if stated != (self.rows, *shape):
            raise DataError(f"{self.path}: {array} are {stated}, expected {(self.rows, *shape)}; export the file again")

    def _array(self, array: str, row: int, kind: type[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        size = math.prod(shape) * np.dtype(kind).itemsize
        data = self._get(f"{array}_{row}_data", size)
        if data is None or len(data) != size:
            held = "is missing" if data is None else f"holds {len(data):,} bytes, not {size:,}"
            raise DataError(f"{self.path}: row {row} of {array} {held}; export the file again")
        return np.frombuffer(data, kind).reshape(shape)
