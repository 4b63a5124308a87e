"""Tiny LMDB files as ForgeWM writes them."""

from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


def clips(count: int, latents: int = 3, width: int = 4, seed: int = 0) -> Arrays:
    """Latents (n, t, 16, 2, 3) and rows of actions of their 1 + 4(t - 1) frames."""
    rng = np.random.default_rng(seed)
    frames = 1 + 4 * (latents - 1)
    return {
        "latents": rng.normal(size=(count, latents, 16, 2, 3)).astype(np.float16),
        "mouse_conditions": rng.normal(size=(count, frames, 2)).astype(np.float32),
        "keyboard_conditions": rng.integers(0, 2, (count, frames, width)).astype(np.float32),
    }


def write_lmdb(folder: Path, arrays: Arrays, **values: bytes | None) -> Path:
    """Write arrays row by row, and `values` over what that made; None takes a key away. Returns the folder."""
    folder.mkdir(parents=True)
    with lmdb.open(str(folder / "data.mdb"), map_size=1 << 26, subdir=False, lock=False) as environment:
        written: dict[str, bytes | None] = {}
        for name, array in arrays.items():
            written[f"{name}_shape"] = " ".join(map(str, array.shape)).encode()
            written |= {f"{name}_{row}_data": value.tobytes() for row, value in enumerate(array)}
        count = len(arrays["latents"])
        written |= {"prompts_shape": str(count).encode()} | {f"prompts_{row}_data": b"a game" for row in range(count)}
        with environment.begin(write=True) as transaction:
            for key, value in (written | values).items():
                if value is not None:
                    transaction.put(key.encode(), value)
    return folder
