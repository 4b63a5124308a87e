import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import DataError
from training.data import lmdb_latents
from training.data.latents import LatentCache
from training.data.lmdb_latents import WAN_AUTOENCODER, LmdbConfig, count_lmdb, import_lmdb
from training.data.lmdb_steps import steps
from training.data.shards import read_index

from .lmdb_files import Arrays, clips, write_lmdb


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two shards of clips, and what is no shard."""
    for number in range(2):
        write_lmdb(tmp_path / "source" / f"shard{number:02d}", clips(3, seed=number))
    (tmp_path / "source" / "logs").mkdir()
    return tmp_path / "source"


def opened(folder: Path, key: str = WAN_AUTOENCODER) -> LatentCache:
    return LatentCache.open(folder, key)


def test_a_latent_becomes_a_step_and_nothing_is_lost(source: Path, tmp_path: Path) -> None:
    calls: list[None] = []
    assert count_lmdb(source) == import_lmdb(source, tmp_path / "cache", lambda: calls.append(None)) == len(calls) == 6
    cache = opened(tmp_path / "cache")
    assert cache.names == tuple(f"shard{shard:02d}-{row:06d}" for shard in range(2) for row in range(3))
    assert (cache.fps, cache.size) == (4.0, (16, 24))  # 16 frames a second, 4 in a latent; 8 pixels in a cell
    for shard in range(2):
        arrays = clips(3, seed=shard)
        for row in range(3):
            clip = cache.clips[3 * shard + row]
            assert clip.latents.numpy().tobytes() == arrays["latents"][row].tobytes()
            expected = steps(arrays["keyboard_conditions"][row], arrays["mouse_conditions"][row], 3, "post", "")
            assert np.array_equal(clip.actions.numpy(), expected)


def test_one_file_or_one_folder_is_a_dataset_too(source: Path, tmp_path: Path) -> None:
    assert import_lmdb(source / "shard01", tmp_path / "folder") == 3
    assert import_lmdb(source / "shard01" / "data.mdb", tmp_path / "file") == 3
    assert read_index(tmp_path / "folder") == read_index(tmp_path / "file")


def test_what_the_files_do_not_say_is_asked_for(source: Path, tmp_path: Path) -> None:
    config = LmdbConfig(alignment="pre", fps=25.0, normalized=False, autoencoder="another")
    import_lmdb(source, tmp_path / "cache", config=config)
    cache, arrays = opened(tmp_path / "cache", "another"), clips(3)
    assert cache.fps == 6.25
    expected = steps(arrays["keyboard_conditions"][1], arrays["mouse_conditions"][1], 3, "pre", "")
    assert np.array_equal(cache.clips[1].actions.numpy(), expected)
    raw, ours = arrays["latents"][1].astype(np.float64), cache.clips[1].latents.numpy()
    assert ours[:, 0] == pytest.approx((raw[:, 0] + 0.7571) / 2.8184, abs=2e-3)  # the statistics of channel 0
    assert ours[:, 15] == pytest.approx((raw[:, 15] + 0.2921) / 1.9160, abs=2e-3)


def test_of_steps_of_denoising_the_last_is_taken(tmp_path: Path) -> None:
    arrays = clips(2)
    arrays["latents"] = np.stack([arrays["latents"] * 2, arrays["latents"]], axis=1)
    import_lmdb(write_lmdb(tmp_path / "source", arrays), tmp_path / "cache")
    assert opened(tmp_path / "cache").clips[1].latents.numpy().tobytes() == clips(2)["latents"][1].tobytes()


def test_six_keys_are_those_of_matrix_game(tmp_path: Path) -> None:
    arrays = clips(1, width=6)
    arrays["keyboard_conditions"][:] = (0, 0, 0, 0, 1, 0)
    import_lmdb(write_lmdb(tmp_path / "source", arrays), tmp_path / "cache")
    assert np.flatnonzero(opened(tmp_path / "cache").clips[0].actions[1, :9]).tolist() == [4]


def test_an_import_that_was_killed_goes_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_latents, "_INDEX_SECONDS", 0.0)

    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").glob("*.safetensors")}

    class KilledError(Exception):
        pass

    count = 0

    def kill() -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KilledError

    with pytest.raises(KilledError):
        import_lmdb(source, tmp_path / "cache", kill)
    with pytest.raises(DataError, match="did not finish"):
        opened(tmp_path / "cache")
    before = written()
    assert len(before) == 4
    import_lmdb(source, tmp_path / "cache")
    assert before.items() < written().items()
    assert len(opened(tmp_path / "cache").names) == 6


def test_what_lies_there_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("mine")
    with pytest.raises(DataError, match="mine: is not empty"):
        import_lmdb(source, tmp_path / "mine")
    import_lmdb(source, tmp_path / "cache")
    with pytest.raises(DataError, match="holds latents of another autoencoder"):
        import_lmdb(source, tmp_path / "cache", config=LmdbConfig(autoencoder="another"))
    assert len(opened(tmp_path / "cache").names) == 6


def test_shards_of_different_shapes_do_not_mix(source: Path, tmp_path: Path) -> None:
    wide = clips(1)
    wide["latents"] = np.zeros((1, 3, 16, 4, 3), np.float16)
    write_lmdb(source / "wide", wide)
    with pytest.raises(DataError, match=r"wide.data\.mdb: holds latents of another kind"):
        import_lmdb(source, tmp_path / "cache")


def changed(name: str, value: Any) -> Arrays:
    arrays = clips(2)
    arrays[name][1].flat[3] = value
    return arrays


@pytest.mark.parametrize(
    ("arrays", "values", "reason"),
    [
        (changed("latents", np.nan), {}, "row 1: its latents are not finite"),
        (changed("mouse_conditions", 1e9), {}, "row 1: the camera turns more than 180 degrees"),
        (changed("keyboard_conditions", np.nan), {}, "row 1: a key is not between 0 and 1"),
        (clips(2), {"latents_1_data": b"1234"}, "row 1 of latents holds 4 bytes, not 576"),
        (clips(2), {"latents_1_data": b"x" * 600}, "more than 576 bytes"),
        (clips(2), {"mouse_conditions_0_data": None}, "row 0 of mouse_conditions is missing"),
        (clips(2), {"latents_shape": None}, "latents_shape is ''; finish"),
        (clips(2), {"latents_shape": b"2 3 16 2"}, "states latents of"),
        (clips(2), {"latents_shape": b"2 0 16 2 3"}, "states latents of"),
        (clips(2), {"latents_shape": b"2 999999999 16 2 3"}, "states latents of"),
        (clips(2), {"latents_shape": b"2 -3 16 2 3"}, "latents_shape is '2 -3 16 2 3'"),
        (clips(2), {"latents_shape": b"9 3 16 2 3"}, r"mouse_conditions are \(2, 9, 2\), expected \(9, 9, 2\)"),
        (clips(2), {"latents_shape": b"\xff" * 100}, "latents_shape is"),
        (clips(2), {"latents_shape": b"1 " * 200}, "more than 128 bytes"),
        (clips(2), {"mouse_conditions_shape": b"2"}, r"mouse_conditions are \(2,\)"),
        (
            clips(2),
            {"mouse_conditions_shape": b"2 8 2", "keyboard_conditions_shape": b"2 8 4"},
            "8 actions do not divide",
        ),
        (clips(2, width=7), {}, "has 7 keys, 4 .* or 6"),
        (clips(2), {"arvd_cache": b"[]"}, "arvd_cache is no table"),
        (clips(2), {"arvd_cache": b"{}"}, "arvd_cache lacks or garbles 'size'"),
        (clips(2), {"arvd_cache": b"[" * 60_000}, "arvd_cache is no JSON"),
        (clips(2), {"arvd_clips_0_data": b"{}"}, "row 0: arvd_clips is garbled"),
        (
            clips(2),
            {"arvd_clips_0_data": b'{"name": "../a", "digest": "0123456789abcdef", "position": 0}'},
            "'../a' is no name",
        ),
    ],
)  # fmt: skip
def test_files_are_not_believed(tmp_path: Path, arrays: Arrays, values: dict[str, bytes | None], reason: str) -> None:
    source = write_lmdb(tmp_path / "ü b", arrays, **values)
    with pytest.raises(DataError, match=f"ü b.*{reason}"):
        import_lmdb(source, tmp_path / "cache")
    if (tmp_path / "cache").exists():
        with pytest.raises(DataError):
            opened(tmp_path / "cache")


def test_a_folder_without_files(tmp_path: Path, source: Path) -> None:
    with pytest.raises(DataError, match=r"holds no data\.mdb"):
        import_lmdb(tmp_path / "nowhere", tmp_path / "cache")
    (tmp_path / "linked" / "shard").mkdir(parents=True)
    (tmp_path / "linked" / "shard" / "data.mdb").symlink_to(source / "shard00" / "data.mdb")
    with pytest.raises(DataError, match="leads out of"):
        import_lmdb(tmp_path / "linked", tmp_path / "cache")
    shutil.rmtree(source / "shard00")
    assert import_lmdb(source, tmp_path / "cache") == 3


def test_files_without_clips(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the files hold none"):
        import_lmdb(write_lmdb(tmp_path / "source", clips(0)), tmp_path / "cache")
