"""Shards of a latent cache that are written a few frames at a time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from model.errors import DataError, RunError
from training.data.shards import INDEX, Index, read_index, write_index, write_shard

DIGEST = "ab" * 32


def test_parts_are_joined_to_what_safetensors_reads(tmp_path: Path) -> None:
    latents, actions = torch.randn(9, 4, 2, 3).half(), torch.rand(9, 11)
    entry = write_shard(tmp_path, "a walk", DIGEST, "ae", latents.split((4, 1, 4)), actions)
    assert (entry.name, entry.frames, entry.shard) == ("a walk", 9, f"{DIGEST}.safetensors")
    with safe_open(tmp_path / entry.shard, framework="pt") as file:
        assert torch.equal(file.get_tensor("latents"), latents) and torch.equal(file.get_tensor("actions"), actions)
        assert file.metadata() == {"autoencoder": "ae", "clip": DIGEST}
    assert write_shard(tmp_path, "a walk", DIGEST, "ae", [latents], actions) == entry


@pytest.mark.parametrize("frames", [8, 10, 0])
def test_other_counts_than_that_of_the_actions_leave_nothing(frames: int, tmp_path: Path) -> None:
    parts = torch.zeros(frames, 4, 2, 3).half().split(3) if frames else ()
    with pytest.raises(DataError, match="a walk: "):
        write_shard(tmp_path, "a walk", DIGEST, "ae", parts, torch.zeros(9, 11))
    assert not list(tmp_path.iterdir())


def test_what_stops_the_encoding_leaves_nothing(tmp_path: Path) -> None:
    def parts() -> Iterator[Tensor]:
        yield torch.zeros(4, 4, 2, 3).half()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, "a", DIGEST, "ae", parts(), torch.zeros(9, 11))
    assert not list(tmp_path.iterdir())


def test_a_disk_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="could not be written"):
        write_shard(tmp_path / "file", "a", DIGEST, "ae", [torch.zeros(9, 4, 2, 3).half()], torch.zeros(9, 11))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fps": float("nan")}, "fps or size"),
        ({"fps": 1e9}, "fps or size"),
        ({"size": [0, 32]}, "fps or size"),
        ({"size": [32]}, "must have 2 entries"),
        ({"clips": "double"}, "names a clip twice"),
        ({"surprise": 1}, "unknown key"),
        ({"version": "9" * 9000}, "format version"),
        ({"pitch": 91}, "none of a camera"),
        ({"pitch": float("nan")}, "none of a camera"),
    ],
)
def test_an_index_that_no_cache_has_is_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    entry = write_shard(tmp_path, "a", DIGEST, "ae", [torch.zeros(9, 4, 2, 3).half()], torch.zeros(9, 11))
    write_index(tmp_path, Index("ae", 16.0, (16, 24), True, (entry,)))
    assert read_index(tmp_path).clips == (entry,)
    document = json.loads((tmp_path / INDEX).read_bytes())
    if "pitch" in changes:
        document["clips"][0] |= changes
    else:
        document |= {"clips": document["clips"] * 2} if changes == {"clips": "double"} else changes
    (tmp_path / INDEX).write_text(json.dumps(document))
    with pytest.raises(DataError, match=message) as refused:
        read_index(tmp_path)
    assert len(str(refused.value)) < 500


def test_an_index_states_a_pitch_only_where_a_clip_is_not_level(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, "a", DIGEST, "ae", [torch.zeros(9, 4, 2, 3).half()], torch.zeros(9, 11))
    low = replace(entry, name="b", pitch=-12.5)
    write_index(tmp_path, Index("ae", 16.0, (16, 24), True, (entry, low)))
    clips = json.loads((tmp_path / INDEX).read_bytes())["clips"]
    assert "pitch" not in clips[0] and clips[1]["pitch"] == -12.5
    assert read_index(tmp_path).clips == (entry, low)
