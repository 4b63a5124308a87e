"""Latents that are read where they lie."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.errors import DataError
from training.data import mapped as mapped_module
from training.data.mapped import MappedClips
from training.data.shards import Entry, write_shard


def write(folder: Path, count: int, frames: int = 6) -> list[Entry]:
    made = []
    for k in range(count):
        latents = torch.full((frames, 4, 2, 3), k).half()
        made.append(write_shard(folder, f"clip{k}", f"{k:064x}", "ae", [latents], torch.full((frames, 11), float(k))))
    return made


def test_clips_are_those_of_the_shards_in_order(tmp_path: Path) -> None:
    clips = MappedClips(tmp_path, write(tmp_path, 3)[::-1])
    assert len(clips) == 3 and [int(clip.latents[0, 0, 0, 0]) for clip in clips] == [2, 1, 0]
    assert clips[-1].actions.shape == (6, 11) and len(clips[1:]) == 2
    assert torch.equal(clips[0].poses[:, 0], torch.arange(1, 7).double() * 2 * 15)
    assert clips[0] is clips[0]
    with pytest.raises(IndexError):
        clips[3]


def test_few_are_mapped_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_module, "_MOST_MAPPED", 2)
    clips = MappedClips(tmp_path, write(tmp_path, 3))
    first = clips[0]
    assert clips[1] is clips[1] and clips[2] is clips[2] and clips[0] is not first
    assert int(first.latents[0, 0, 0, 0]) == 0  # still there for whoever holds it


def test_a_shard_that_is_gone_is_a_data_error(tmp_path: Path) -> None:
    clips = MappedClips(tmp_path, write(tmp_path, 1))
    next(tmp_path.glob("*.safetensors")).unlink()
    with pytest.raises(DataError, match="damaged"):
        clips[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_clip_takes_no_memory_of_its_own(tmp_path: Path) -> None:
    """38 MB are touched here and there: what the process holds itself stays as it was."""
    write(tmp_path, 1, frames=400_000)
    code = (
        "import sys, torch; from pathlib import Path\n"
        "from training.data.mapped import MappedClips; from training.data.shards import Entry\n"
        "def own(): return int(next(l for l in open('/proc/self/status') if l.startswith('RssAnon')).split()[1])\n"
        "path = next(Path(sys.argv[1]).glob('*.safetensors'))\n"
        "before = own()\n"
        "clip = MappedClips(path.parent, [Entry('a', '', 400_000, path.name, '')])[0]\n"
        "clip.latents[torch.arange(0, 400_000, 100)].sum()\n"
        "assert own() - before < 8_000, own() - before"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)


def test_poses_count_from_where_the_clip_begins(tmp_path: Path) -> None:
    (entry,) = write(tmp_path, 1)
    shared = MappedClips(tmp_path, [entry, replace(entry, name="low", pitch=40.0)])
    level, low = (clip.poses for clip in shared)
    assert torch.equal(low - level, torch.tensor([[40.0, 0.0]]).double().expand(6, 2))
