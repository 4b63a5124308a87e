"""`annotation.csv` of the GF-Minecraft layout: what parts of clips show, in words.

Header and names come in several spellings: the columns in any case and spacing, a clip as `seed_1_part_0.mp4`, as
`seed_1_part_0` or cut short (`seed_1_part`).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import DataError
from .clip import Prompt

ANNOTATIONS = "annotation.csv"
"""Name of the file."""

_COLUMNS = ("originalvideoname", "startframeindex", "endframeindex", "prompt")
_MAX_BYTES = 64 << 20  # 2,003 clips of 25 captions are a quarter of it
_MAX_FRAME = 1 << 31


@dataclass(frozen=True)
class Annotations:
    """Prompts by the names that the file gives to clips, without ending."""

    by_stem: Mapping[str, tuple[Prompt, ...]]

    def prompts(self, stem: str) -> tuple[Prompt, ...]:
        """Prompts of the clip `stem`: those of the longest name in the file that `stem` begins with.

        A number is never taken for the beginning of a longer one: `part_1` does not speak of `part_10`.
        """
        for length in range(len(stem), 0, -1):
            within_number = stem[length - 1 : length + 1].isdecimal() and length < len(stem)
            if not within_number and stem[:length] in self.by_stem:
                return self.by_stem[stem[:length]]
        return ()


def read_annotations(path: Path) -> Annotations:
    """Read the file; rows without a prompt are left out.

    Raises:
        DataError: naming the row that cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise DataError(f"{path}: is {size >> 20} MiB, larger than {_MAX_BYTES >> 20} MiB; remove it")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: not readable ({error.strerror}); check its permissions") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    found: dict[str, list[Prompt]] = {}
    for stem, prompt in _rows(path, text):
        found.setdefault(stem, []).append(prompt)
    return Annotations({stem: tuple(prompts) for stem, prompts in found.items()})


def _rows(path: Path, text: str) -> Iterator[tuple[str, Prompt]]:
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    columns: list[int] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(path, row)
                continue
            where = f"{path}: line {rows.line_num}"
            if len(row) <= max(columns):
                raise DataError(f"{where} has {len(row)} columns, too few; mend or remove it")
            name, start, end, prompt = (row[column].strip() for column in columns)
            stem = PurePosixPath(name).name.removesuffix(".mp4")
            if stem and prompt:
                yield stem, _prompt(start, end, prompt, where)
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num} is no CSV ({error}); mend or remove it") from None


def _columns(path: Path, header: list[str]) -> list[int]:
    """Where the columns stand; other columns may stand among them."""
    spelled = ["".join(cell.lower().split()) for cell in header]
    missing = [column for column in _COLUMNS if column not in spelled]
    if missing:
        wanted = "Original video name, Start frame index, End frame index, Prompt"
        raise DataError(f"{path}: its first line is no header of columns {wanted}; add it or remove the file")
    return [spelled.index(column) for column in _COLUMNS]


def _prompt(start: str, end: str, text: str, where: str) -> Prompt:
    try:
        first, last = (int(float(cell)) for cell in (start, end))  # a spreadsheet writes 81 as 81.0
    except (ValueError, OverflowError):
        first, last = 0, 0
    if not 0 <= first < last <= _MAX_FRAME:
        raise DataError(f"{where} has no range of frames; give a start from 0 and a larger end")
    return Prompt(first, last, text)
