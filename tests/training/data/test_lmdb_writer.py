import shutil
from dataclasses import replace
from pathlib import Path

import lmdb
import numpy as np
import pytest
import torch

from model.errors import DataError
from training.data import lmdb_writer
from training.data.latents import LatentCache
from training.data.lmdb_latents import import_lmdb
from training.data.lmdb_writer import export_lmdb
from training.data.shards import Index, read_index, write_index, write_shard

KEY = "ab" * 32
LENGTHS = (24, 31, 24, 5, 1)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of several lengths, with actions that have no place in the files of others."""
    folder, generator = tmp_path_factory.mktemp("latents") / "cache", torch.Generator().manual_seed(0)
    entries = []
    for number, length in enumerate(LENGTHS):
        actions = torch.rand((length, 11), generator=generator) * 2 - 1
        actions[:, :9] = (actions[:, :9] > 0).float()
        actions[0] = 0
        latents = torch.randn((length, 8, 4, 6), generator=generator).half()
        entries.append(write_shard(folder, f"clip {number}", f"{number:064x}", KEY, [latents], actions))
    write_index(folder, Index(KEY, 29.97, (32, 48), True, tuple(entries)))
    return folder


@pytest.mark.parametrize("per", [1, 4])
def test_a_cache_comes_back_to_the_bit(cache: Path, tmp_path: Path, per: int) -> None:
    calls: list[None] = []
    export_lmdb(cache, tmp_path / "out", lambda: calls.append(None), frames_per_latent=per)
    assert import_lmdb(tmp_path / "out", tmp_path / "back") == len(calls) == 5
    assert read_index(tmp_path / "back") == read_index(cache)  # SHA-256 of each shard too
    before, after = LatentCache.open(cache, KEY), LatentCache.open(tmp_path / "back", KEY)
    for ours, theirs in zip(before.clips, after.clips, strict=True):
        assert ours.latents.numpy().tobytes() == theirs.latents.numpy().tobytes()
        assert ours.actions.numpy().tobytes() == theirs.actions.numpy().tobytes()


def test_files_are_what_their_trainers_read(cache: Path, tmp_path: Path) -> None:
    export_lmdb(cache, tmp_path / "out", frames_per_latent=4)
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert files == [f"shard{number:02d}/data.mdb" for number in range(4)]  # one per length
    with (
        lmdb.open(str(tmp_path / "out" / "shard00"), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        shapes = {
            name: transaction.get(f"{name}_shape".encode()).decode()
            for name in ("latents", "mouse_conditions", "keyboard_conditions", "prompts")
        }
        mouse, keyboard = (
            np.frombuffer(transaction.get(f"{name}_conditions_1_data".encode()), np.float32).reshape(93, -1)
            for name in ("mouse", "keyboard")
        )
        assert transaction.get(b"prompts_1_data").decode()
    assert shapes == {
        "latents": "2 24 8 4 6",
        "mouse_conditions": "2 93 2",
        "keyboard_conditions": "2 93 4",
        "prompts": "2",
    }
    actions = LatentCache.open(cache, KEY).clips[2].actions.numpy()  # the second of that length
    # pre-action: what leads from latent 0 to latent 1 is done on frames 0 to 3
    assert np.array_equal(keyboard[:4], np.tile(actions[1, :4], (4, 1)))
    assert mouse[:4].sum(0) == pytest.approx([-actions[1, 9], actions[1, 10]])
    assert not mouse[-1].any() and not keyboard[-1].any()


def test_long_caches_have_several_files(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_writer, "ROWS_PER_FILE", 1)
    export_lmdb(cache, tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*/data.mdb"))) == 5
    import_lmdb(tmp_path / "out", tmp_path / "back")
    assert read_index(tmp_path / "back") == read_index(cache)


def test_a_folder_that_is_not_empty_is_left_alone(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        export_lmdb(cache, tmp_path)
    with pytest.raises(DataError, match="holds no latent cache"):
        export_lmdb(tmp_path / "nowhere", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_copy_looks_where_its_source_does(cache: Path, tmp_path: Path) -> None:
    index = read_index(cache)
    shutil.copytree(cache, tmp_path / "low")
    clips = tuple(replace(entry, pitch=10.0 * k - 20) for k, entry in enumerate(index.clips))
    write_index(tmp_path / "low", replace(index, clips=clips))
    export_lmdb(tmp_path / "low", tmp_path / "out")
    import_lmdb(tmp_path / "out", tmp_path / "back")
    assert [entry.pitch for entry in read_index(tmp_path / "back").clips] == [-20, -10, 0, 10, 20]
