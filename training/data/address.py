"""Opens footage by its address: a folder of this machine, or one that is elsewhere."""

from collections.abc import Collection
from pathlib import Path

from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.folder import open_dataset, tagged


def is_remote(address: str) -> bool:
    """Whether an address is that of another machine, not the path of a folder."""
    return "://" in address


def open_address(address: str, *, tags: Collection[str] = (), effective_jumps: bool = False) -> Dataset:
    """Open a folder of footage as `open_dataset`, or a remote one as `open_remote`; with `tags`, clips that carry one.

    Raises:
        DataError: when there is no footage, or none that is tagged so.
    """
    if not is_remote(address):
        return open_dataset(Path(address), tags=tags, effective_jumps=effective_jumps)
    dataset = open_remote(address, effective_jumps=effective_jumps)
    return tagged(dataset, tags, address) if tags else dataset


def open_remote(address: str, *, effective_jumps: bool = False) -> Dataset:
    """Open `hf://datasets/org/repo[@revision][/folder]` or `https://host/folder`; clips are fetched when they are read.

    On the hub it is tar shards or the layout of GF-Minecraft, for which `effective_jumps` is as in its reader;
    elsewhere tar shards, whose index must lie beside them unless the server lists its folders. What is fetched is kept
    in the platform's cache folder, within bounds.

    Raises:
        DataError: when the address is malformed, cannot be reached, or holds no footage.
    """
    from .hub_footage import HubFootage
    from .store import HUB, open_store
    from .webdataset import WebDataset
    from .webdataset_index import INDEX

    if not address.startswith((HUB, "https://", "http://")):
        raise DataError(f"{address}: no such address; write hf://datasets/organisation/repository or https://")
    store = open_store(address)
    if not address.startswith(HUB):
        return WebDataset(store)
    files = store.files()
    if INDEX in files or any(name.endswith(".tar") and "/" not in name for name in files):
        return WebDataset(store)
    return HubFootage(store, effective_jumps=effective_jumps)
