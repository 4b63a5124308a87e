"""Export of a latent cache to the LMDB files that Matrix-Game and ForgeWM train on.

Every clip is a row as long as it is; a file holds rows of one length, since its arrays have one shape. Keyboard and
mouse are what those trainers read, of the keys only W, S, A and D; rows of our own beside them hold the actions, names,
digests and order, so that `import_lmdb` gives back the same cache to the bit.
"""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from model.errors import DataError, RunError
from model.files import finished_file

from .extras import needed
from .latents import LatentCache
from .lmdb_rows import ACTIONS, CACHE, CLIPS, FILE, KEYBOARD, LATENTS, MOUSE, PROMPTS
from .lmdb_steps import Alignment, rows
from .shards import read_index

with needed("lmdb"):
    import lmdb

ROWS_PER_FILE = 4000
"""As ForgeWM has them: 9 GB of its latents."""

_PROMPT = "a game, seen with the player's eyes"
_PAGE, _PAGES_PER_ROW = 4096, 24  # of all that is not latents, at most, with the pages that lead there


def export_lmdb(
    cache: Path,
    folder: Path,
    advance: Callable[[], None] = lambda: None,
    *,
    frames_per_latent: int = 1,
    alignment: Alignment = "pre",
) -> None:
    """Write the latent cache in `cache` to `folder/shard00`, `shard01` and so on; `advance` is called once per clip.

    Args:
        cache: folder of a latent cache.
        folder: must not exist, or be empty.
        advance: called after each clip.
        frames_per_latent: 1 for our own autoencoders, 4 for Wan's.
        alignment: of keyboard and mouse; `pre` is what those networks are made for, `post` what ForgeWM's data has.

    Raises:
        DataError: when the cache cannot be used or `folder` is not empty.
        RunError: when the disk cannot take it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is not empty; choose another folder or remove it")
    index = read_index(cache)
    clips = LatentCache.open(cache, index.autoencoder).clips
    note = {"autoencoder": index.autoencoder, "fps": index.fps, "size": index.size}
    try:
        for number, positions in enumerate(_files([entry.frames for entry in index.clips])):
            path = folder / f"shard{number:02d}" / FILE
            path.parent.mkdir(parents=True, exist_ok=True)
            shape = tuple(clips[positions[0]].latents.shape)
            room = len(positions) * (2 * math.prod(shape) + _PAGES_PER_ROW * _PAGE + 256 * shape[0] * frames_per_latent)
            with (
                finished_file(path) as unfinished,
                lmdb.open(str(unfinished), map_size=room + (1 << 24), subdir=False, lock=False) as environment,
            ):
                _put(environment, {CACHE: json.dumps(note).encode()})
                for row, position in enumerate(positions):
                    entry, clip = index.clips[position], clips[position]
                    vectors = clip.actions.numpy()
                    keyboard, mouse = rows(vectors, frames_per_latent, alignment)
                    known = {"name": entry.name, "digest": entry.digest, "position": position}
                    known |= {"pitch": entry.pitch} if entry.pitch else {}
                    arrays = {LATENTS: clip.latents.numpy(), ACTIONS: vectors, KEYBOARD: keyboard, MOUSE: mouse}
                    values = {name: np.ascontiguousarray(array).tobytes() for name, array in arrays.items()}
                    values |= {PROMPTS: _PROMPT.encode(), CLIPS: json.dumps(known).encode()}
                    _put(environment, {f"{name}_{row}_data": value for name, value in values.items()})
                    advance()
                shapes = {name: " ".join(map(str, (len(positions), *array.shape))) for name, array in arrays.items()}
                shapes[PROMPTS] = str(len(positions))
                _put(environment, {f"{name}_shape": shape.encode() for name, shape in shapes.items()})
    except (OSError, lmdb.Error) as error:
        raise RunError(f"{folder}: could not be written ({error}); make room or choose another") from error


def _files(lengths: list[int]) -> Iterator[list[int]]:
    """Positions of the clips of each file: all of one length, in their order."""
    same: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        same.setdefault(length, []).append(position)
    for positions in same.values():
        for start in range(0, len(positions), ROWS_PER_FILE):
            yield positions[start : start + ROWS_PER_FILE]


def _put(environment: "lmdb.Environment", values: dict[str, bytes]) -> None:
    with environment.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key.encode(), value)
