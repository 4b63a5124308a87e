"""Shards that are read whole once, and again only when they changed."""

import json
import os
from pathlib import Path

import pytest
import torch

from model.errors import DataError
from training.data import verified as verified_module
from training.data.shards import Entry, write_shard
from training.data.verified import VERIFIED, Verified


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    return write_shard(
        tmp_path, "walk", "ab" * 32, "ae", torch.randn(6, 4, 2, 3).half().split(4), torch.rand(6, 11).round()
    )


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Paths of the shards that are read whole."""
    seen: list[Path] = []
    read = verified_module._read
    monkeypatch.setattr(verified_module, "_read", lambda path, entry: seen.append(path) or read(path, entry))
    return seen


def look(folder: Path, entry: Entry) -> tuple[int, ...]:
    verified = Verified(folder)
    shape = verified.shape(entry)
    verified.save()
    return shape


def test_a_shard_is_read_once(entry: Entry, tmp_path: Path, reads: list[Path]) -> None:
    assert [look(tmp_path, entry) for _ in range(3)] == [(6, 4, 2, 3)] * 3
    assert len(reads) == 1


def test_a_shard_that_was_touched_is_read_again(entry: Entry, tmp_path: Path, reads: list[Path]) -> None:
    look(tmp_path, entry)
    os.utime(tmp_path / entry.shard, ns=(1, 1))
    look(tmp_path, entry)
    assert len(reads) == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_found(damage: str, entry: Entry, tmp_path: Path) -> None:
    look(tmp_path, entry)
    path = tmp_path / entry.shard
    data = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(DataError, match=r"damaged .*arvd-data encode"):
        look(tmp_path, entry)


def test_another_word_of_the_index_is_not_believed(entry: Entry, tmp_path: Path) -> None:
    look(tmp_path, entry)
    for other in (Entry("walk", entry.digest, 5, entry.shard, entry.sha256), Entry(*[*vars(entry).values()][:4], "0")):
        with pytest.raises(DataError, match="damaged"):
            look(tmp_path, other)


@pytest.mark.parametrize(
    "notes", [b"", b"{", b"[]", b'{"a": 5}', b'{"a": [1]}', b'{"a": ["x", 1, 2, 3]}', b"[" * 99999]
)
def test_garbled_notes_only_cost_time(notes: bytes, entry: Entry, tmp_path: Path, reads: list[Path]) -> None:
    (tmp_path / VERIFIED).write_bytes(notes)
    assert look(tmp_path, entry) == (6, 4, 2, 3) and len(reads) == 1
    assert list(json.loads((tmp_path / VERIFIED).read_bytes())) == [entry.shard]


def test_notes_of_another_shape_are_read_again(entry: Entry, tmp_path: Path, reads: list[Path]) -> None:
    look(tmp_path, entry)
    notes = json.loads((tmp_path / VERIFIED).read_bytes())
    notes[entry.shard][3] = [7, 4, 2, 3]
    (tmp_path / VERIFIED).write_bytes(json.dumps(notes).encode())
    assert look(tmp_path, entry) == (6, 4, 2, 3) and len(reads) == 2


def test_a_folder_that_cannot_be_written_is_read_each_time(
    entry: Entry, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / VERIFIED).mkdir()  # so that no file can take its place
    (tmp_path / VERIFIED / "x").write_bytes(b"")
    assert [look(tmp_path, entry) for _ in range(2)] == [(6, 4, 2, 3)] * 2 and len(reads) == 2


@pytest.mark.parametrize(
    ("value", "step", "message"),
    [(float("nan"), 0, "latents are not finite"), (0.0, 1e9, "camera turns"), (0.0, float("nan"), "camera turns")],
)
def test_numbers_that_nobody_could_learn_from_are_refused(
    value: float, step: float, message: str, tmp_path: Path
) -> None:
    latents, actions = torch.zeros(6, 4, 2, 3).half(), torch.zeros(6, 11)
    latents[5, 3, 1, 2], actions[4, 10] = value, step
    vouched = write_shard(tmp_path, "walk", "cd" * 32, "ae", [latents], actions)
    with pytest.raises(DataError, match=message):
        look(tmp_path, vouched)


def test_a_shard_that_lies_elsewhere_is_refused(entry: Entry, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / entry.shard).symlink_to(tmp_path / entry.shard)
    with pytest.raises(DataError, match="leads out of"):
        look(folder, entry)
