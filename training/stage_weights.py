"""The file that a finished stage leaves: its EMA weights, and in the metadata what they were made from."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from model.errors import RunError
from model.files import write_atomically

WEIGHTS = "weights.safetensors"


def save_weights(path: Path, model: nn.Module, made_from: Mapping[str, Any]) -> None:
    """Write the weights of `model`; `made_from` are plain JSON values."""
    tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    write_atomically(path, save(tensors, metadata={"recipe": json.dumps(made_from)}))


def read_origin(path: Path, mend: str) -> Any:
    """Return what weights were made from.

    Raises:
        RunError: when the file is damaged or does not say it; `mend` ends the sentence.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads((file.metadata() or {})["recipe"])
    except KeyError:
        raise RunError(f"{path}: does not say what it was made from; {mend}") from None
    except (OSError, ValueError, SafetensorError) as error:
        raise RunError(f"{path}: damaged ({error}); {mend}") from None


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read once as long as it stays the same: every stage asks for those of all before it."""
    found = path.stat()
    return _sha256(path, (found.st_ino, found.st_mtime_ns, found.st_size))


@cache
def _sha256(path: Path, version: tuple[int, int, int]) -> str:
    """Digest of one `version` of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
