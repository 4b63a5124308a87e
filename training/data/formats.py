"""The formats of the field by name: how each is read, how each is written. What a format needs is imported on use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from model.footage.clip import Dataset

Reader = Callable[[Path, bool], Dataset]
"""Folder, and whether presses of jump that did nothing are dropped where a format tells them by where players stood."""
Writer = Callable[[Dataset, Path, Callable[[], None]], None]
"""Dataset, folder, and what to call after each clip."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way in which footage lies on a disk."""

    about: str
    read: Reader | None = None
    write: Writer | None = None


def _read_gf_minecraft(path: Path, effective_jumps: bool) -> Dataset:
    from model.footage.gf_minecraft import GFMinecraft

    return GFMinecraft(path, effective_jumps=effective_jumps)


def _write_gf_minecraft(dataset: Dataset, folder: Path, advance: Callable[[], None]) -> None:
    from .gf_writer import write_gf_minecraft

    write_gf_minecraft(dataset, folder, advance)


def _read_replays(path: Path, _: bool) -> Dataset:
    from model.footage.replays import Replays

    return Replays(path)


def _read_vpt(path: Path, _: bool) -> Dataset:
    from model.footage.vpt import VPT

    return VPT(path)


def _write_vpt(dataset: Dataset, folder: Path, advance: Callable[[], None]) -> None:
    from .vpt_writer import write_vpt

    write_vpt(dataset, folder, advance)


def _read_lerobot(path: Path, _: bool) -> Dataset:
    from .lerobot import LeRobot

    return LeRobot(path)


def _write_lerobot(dataset: Dataset, folder: Path, advance: Callable[[], None]) -> None:
    from .lerobot_writer import write_lerobot

    write_lerobot(dataset, folder, advance)


def _read_webdataset(path: Path, _: bool) -> Dataset:
    from .store import open_store
    from .webdataset import WebDataset

    return WebDataset(open_store(str(path)))


def _write_webdataset(dataset: Dataset, folder: Path, advance: Callable[[], None]) -> None:
    from .webdataset_writer import write_webdataset

    write_webdataset(dataset, folder, advance)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "gf-minecraft": Format(
            about="GameFactory's layout: metadata/*.json beside video/*.mp4, or flat; arvd's own",
            read=_read_gf_minecraft,
            write=_write_gf_minecraft,
        ),
        "vpt": Format(about="OpenAI's contractor recordings: *.mp4 beside *.jsonl", read=_read_vpt, write=_write_vpt),
        "lerobot": Format(about="LeRobotDataset v3 (v2.1 is read too)", read=_read_lerobot, write=_write_lerobot),
        "webdataset": Format(about="tar shards, to be streamed", read=_read_webdataset, write=_write_webdataset),
        "replays": Format(about="what arvd-play recorded", read=_read_replays),
    }
)
