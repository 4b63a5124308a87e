"""Worlds on the Hugging Face hub: `hf://org/repo`."""

import re
from pathlib import Path

from .errors import WorldError

PREFIX = "hf://"
_FILES = ("world.toml", "*.safetensors", "onnx/*", "scenes/*")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def fetch_world(address: str) -> Path:
    """Download the world at `hf://org/repo`, or find it in the hub's cache, and return its folder.

    Only `world.toml`, safetensors, graphs and scenes are fetched; nothing in the repository is ever run.

    Raises:
        WorldError: malformed address, no such repository, or no connection and nothing cached.
    """
    repository = address.removeprefix(PREFIX)
    if not _REPOSITORY.fullmatch(repository):
        raise WorldError(f"{address!r} is no address of a world; write hf://organisation/repository")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, allow_patterns=list(_FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WorldError(f"{address}: could not be fetched ({reason}); check the name and the connection") from None
    if not (folder / "world.toml").is_file():
        raise WorldError(f"{address}: the repository holds no world.toml; it is not an arvd world")
    return folder
