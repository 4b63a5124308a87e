"""Zip archives of footage, honest and evil."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.footage import write_clip


def footage_files(tmp_path: Path, names: Sequence[str], *, flat: bool = False) -> dict[str, bytes]:
    """Files of a small dataset by their paths."""
    source = tmp_path / "made"
    for seed, name in enumerate(names):
        write_clip(source, name, 6 + seed, seed, flat=flat)
    return {str(path.relative_to(source)): path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file()}


def zipped(files: Mapping[str, bytes], above: str = "", *, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An honest archive, its files in a folder `above`, with entries for folders as `zip -r` writes them."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", packed) as archive:
        folders = {str(folder) for file in files for folder in Path(above, file).parents} - {"."}
        for folder in sorted(folders):
            archive.mkdir(folder)
        for file, data in files.items():
            archive.writestr(str(Path(above, file)), data)
    return memory.getvalue()


def split(data: bytes, folder: Path, parts: int) -> list[Path]:
    """Write `data` as part_aa, part_ab ... and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-len(data) // parts)
    paths = [folder / f"part_a{letter}" for letter in "abcdefgh"[:parts]]
    for i, path in enumerate(paths):
        path.write_bytes(data[i * size : (i + 1) * size])
    return paths
