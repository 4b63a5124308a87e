"""Indexes tar shards that came without an index of ours: one pass over their headers, and all small files.

A clip is what WebDataset calls a sample: neighbouring files whose names are equal up to the first dot. It has a video
(`NAME.mp4`) and actions: `NAME.actions.npy`, rows of 11 numbers, or `NAME.json`, metadata in GF-Minecraft layout.
"""

import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tokenize import TokenError
from typing import Any
from urllib.parse import unquote

import numpy as np

from model.actions import ACTION_SIZE
from model.errors import DataError
from model.footage.clip import Actions
from model.footage.gf_clip import described
from model.footage.gf_records import parse_records
from model.footage.untrusted import MAX_JSON_BYTES, plain_name
from model.footage.video import VideoHead

from .store import Store, StoredFile
from .tar_shards import Member, members
from .webdataset_index import MAX_VIDEO_BYTES, VIDEOS, ShardClip, ShardIndex, checked_actions

_NPY, _JSON = ".actions.npy", ".json"
_AT_ONCE = 8  # shards that are read at the same time, since most of it is waiting
_NPY_FAULTS = (ValueError, KeyError, SyntaxError, TypeError, OverflowError, RecursionError, MemoryError, TokenError)
_NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def scan(store: Store, head: Callable[[ShardClip], VideoHead]) -> tuple[ShardIndex, Actions]:
    """Index of all `*.tar` in a folder, and the actions of all clips in one; `head` is asked of the first clip.

    Raises:
        DataError: naming the shard and what in it cannot be used.
    """
    shards = {name: file for name, file in store.files().items() if name.endswith(".tar") and "/" not in name}
    if not shards:
        raise DataError(f"{store.address}: holds no tar shards and no clips; expected shard-000000.tar and so on")
    with ThreadPoolExecutor(_AT_ONCE, "scan") as pool:
        found = [*itertools.chain(*pool.map(lambda item: list(_clips(store, *item)), shards.items()))]
    if not found:
        raise DataError(f"{store.address}: its shards hold no clips; expected NAME.mp4 beside NAME.actions.npy")
    clips = tuple(clip for clip, _ in found)
    for one, other in itertools.pairwise(sorted(clips, key=lambda clip: clip.name)):
        if one.name == other.name:
            raise DataError(
                f"{store.where(other.shard)}: {one.shard} holds a clip {one.name!r} too; rename one of them"
            )
    first = head(clips[0])
    index = ShardIndex(fps=first.fps, size=(first.height, first.width), complete=True, actions_sha256="", clips=clips)
    return index, np.concatenate([actions for _, actions in found])


def _clips(store: Store, shard: str, file: StoredFile) -> Iterator[tuple[ShardClip, Actions]]:
    for key, group in itertools.groupby(members(store, shard), key=lambda member: member.name.partition(".")[0]):
        sample = {member.name.removeprefix(key).lower(): member for member in group}
        for suffix in sample.keys() & set(VIDEOS):
            where = f"{store.where(shard)}: clip {key!r}"
            about, actions = _about(store, shard, sample, where)
            video, name = sample[suffix], about.pop("name", None)
            if not 0 < video.size <= MAX_VIDEO_BYTES:
                raise DataError(f"{where}: its video has {video.size:,} bytes; take it out of the shard")
            sha = hashlib.sha256(f"{file.content} {video.start} {video.size}".encode())
            sha.update(actions.tobytes())
            clip = ShardClip(
                name=plain_name(name if isinstance(name, str) else unquote(key), where), frames=len(actions),
                shard=shard, start=video.start, size=video.size, suffix=suffix, digest=sha.hexdigest(), about=about,
            )  # fmt: skip
            yield clip, actions


def _about(store: Store, shard: str, sample: Mapping[str, Member], where: str) -> tuple[dict[str, Any], Actions]:
    """What is known of a clip besides its video, and its actions."""
    document = _document(store, shard, sample[_JSON], where) if _JSON in sample else {}
    if _NPY in sample:
        data = _read(store, shard, sample[_NPY], MAX_JSON_BYTES, where)
        return document, checked_actions(_parse_npy(data, where), where)
    if "actions" not in document:
        raise DataError(f"{where}: has no actions; expected NAME{_NPY}, or a table of actions in NAME{_JSON}")
    records = parse_records(document, Path(where))
    return described(records.details, records.known, records.pitch) | {"name": document.get("name")}, records.actions


def _document(store: Store, shard: str, member: Member, where: str) -> dict[str, Any]:
    try:
        document = json.loads(_read(store, shard, member, MAX_JSON_BYTES, where))
        if not isinstance(document, dict):
            raise ValueError("it is no table")
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: {member.name} is not readable as JSON ({error}); export the clip again") from None
    return document


def _read(store: Store, shard: str, member: Member, most: int, where: str) -> bytes:
    if member.size > most:
        raise DataError(f"{where}: {member.name} has {member.size >> 20} MiB; take it out of the shard")
    return b"".join(store.pieces(shard, member.start, member.size))


def _parse_npy(data: bytes, where: str) -> Actions:
    """Rows out of a file of numpy's, whose header is checked before anything is allocated; nothing is unpickled."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        shape, in_columns, dtype = _NPY_HEADERS[version](file)
        if dtype.kind not in "fiub" or in_columns or len(shape) != 2 or shape[1] != ACTION_SIZE or not shape[0]:
            raise ValueError(f"{dtype} {shape}, expected float32 (frames, {ACTION_SIZE})")
        if shape[0] * shape[1] * dtype.itemsize != len(data) - file.tell():
            raise ValueError("its header states another length than it has")
        rows = np.frombuffer(data, dtype, offset=file.tell()).reshape(shape)
        return rows.astype(np.float32)
    except _NPY_FAULTS as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{where}: its actions are not readable ({reason:.200}); export the clip again") from None
