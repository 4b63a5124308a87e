"""Our index of tar shards, of which nothing is believed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from training.data.store import LocalStore
from training.data.webdataset_index import ShardClip, ShardIndex, index_bytes, read_index

CLIP: dict[str, Any] = {
    "name": "a b", "frames": 5, "shard": "shard-000000.tar", "start": 512, "size": 9, "suffix": ".mp4",
    "digest": "d", "sha256": "e", "source": "f", "about": {"biome": "x"},
}  # fmt: skip
INDEX = ShardIndex(fps=16.0, size=(32, 48), complete=True, actions_sha256="0", clips=(ShardClip(**CLIP),))


def parse(folder: Path, data: bytes) -> ShardIndex | None:
    (folder / "index.json").write_bytes(data)
    return read_index(LocalStore(folder))


def test_an_index_comes_back_as_it_was(tmp_path: Path) -> None:
    assert parse(tmp_path, index_bytes(INDEX)) == INDEX and INDEX.frames == 5


def test_no_index_and_that_of_others_are_passed_over(tmp_path: Path) -> None:
    assert read_index(LocalStore(tmp_path)) is None
    assert parse(tmp_path, b'{"__kind__": "wids-shard-index-v1", "wids_version": 1, "shardlist": []}') is None
    assert parse(tmp_path, b"[1, 2]") is None


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"fps": 0},
        {"fps": 1e9},
        {"fps": "16"},
        {"size": [32]},
        {"size": [32, 1 << 20]},
        {"clips": []},
        {"clips": None},
        {"more": 1},
        {"clips": [CLIP, CLIP]},
        *({"clips": [CLIP | change]} for change in (
            {"name": "../a"}, {"name": ""}, {"name": 5}, {"shard": "../../a.tar"}, {"shard": "/etc/passwd"},
            {"shard": "https://elsewhere/a.tar"}, {"frames": 0}, {"frames": 1 << 40}, {"frames": True}, {"start": -1},
            {"size": 0}, {"size": 1 << 50}, {"suffix": "/../x"}, {"suffix": ".exe"}, {"about": []}, {"extra": 1},
        )),
    ],
)  # fmt: skip
def test_an_index_that_lies_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    document = json.loads(index_bytes(INDEX)) | change
    with pytest.raises(DataError, match=r"index\.json"):
        parse(tmp_path, json.dumps(document).encode())


def test_a_huge_or_deep_index_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "index.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match=r"an index up to 64 MiB"):
        read_index(LocalStore(tmp_path))
    with pytest.raises(DataError, match="not a readable index"):
        parse(tmp_path, b"[" * 1_000_000)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_is_a_data_error_or_harmless(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    original = index_bytes(INDEX)
    place = data.draw(st.integers(0, len(original) - 1))
    mutated = original[:place] + data.draw(st.binary(max_size=8)) + original[place + data.draw(st.integers(0, 8)) :]
    try:
        index = parse(tmp_path_factory.getbasetemp(), mutated)
    except DataError:
        return
    assert index is None or all(clip.frames > 0 and clip.size > 0 and "/" not in clip.shard for clip in index.clips)
