import gc
import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import DataError
from training.data import isolated
from training.data.isolated import IsolatedReader

from .lmdb_files import clips, write_lmdb


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lmdb(tmp_path_factory.mktemp("lmdb") / "ü b", clips(40)) / "data.mdb"


def test_values_are_those_of_the_file_and_nothing_is_written(file: Path) -> None:
    arrays, before = clips(40), file.read_bytes()
    reader = IsolatedReader("lmdb")
    for row in (3, 39, 0):
        assert reader.ask(file, 1 << 20, key=f"latents_{row}_data") == arrays["latents"][row].tobytes()
    assert reader.ask(file, 1 << 20, key="latents_40_data") is None
    with pytest.raises(DataError, match=r"ü b.data\.mdb: holds a value of more than 10 bytes"):
        reader.ask(file, 10, key="latents_1_data")
    assert reader.ask(file, 100, key="latents_shape") == b"40 3 16 2 3"
    reader.close()
    assert [path.name for path in file.parent.iterdir()] == ["data.mdb"]
    assert file.read_bytes() == before


def pages_that_lead_nowhere(data: bytearray) -> None:
    for page in range(2, len(data) // 4096):
        data[page * 4096 + 16 : page * 4096 + 400] = b"\xff" * 384


def root_outside(data: bytearray) -> None:
    for meta in (0, 4096):
        at = meta + 16 + 24 + 48 + 40
        data[at : at + 8] = struct.pack("<Q", 1 << 40)


@pytest.mark.parametrize("damage", [pages_that_lead_nowhere, root_outside])
def test_a_file_that_takes_the_reader_along_is_refused(
    file: Path, tmp_path: Path, damage: Callable[[bytearray], None]
) -> None:
    data, path = bytearray(file.read_bytes()), tmp_path / "bad.mdb"
    damage(data)
    path.write_bytes(data)
    reader = IsolatedReader("lmdb")
    with pytest.raises(DataError, match=r"bad\.mdb: damaged"):
        for row in range(40):
            reader.ask(path, 1 << 20, key=f"latents_{row}_data")
    # the next file is read as if nothing had been
    assert reader.ask(file, 100, key="latents_shape") == b"40 3 16 2 3"


def test_a_file_that_shrinks_while_it_is_read_takes_only_its_reader_along(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "shrinking.mdb"
    path.write_bytes(file.read_bytes())
    reader = IsolatedReader("lmdb")
    assert reader.ask(path, 100, key="latents_shape")
    os.truncate(path, 8192)
    with pytest.raises(DataError, match=r"shrinking\.mdb: damaged \(its pages lead nowhere\)"):
        for row in range(40):
            reader.ask(path, 1 << 20, key=f"latents_{row}_data")


def test_a_reader_that_hangs_is_ended(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "hangs.py"
    script.write_text("import time\ntime.sleep(100)\n")
    monkeypatch.setattr(isolated, "_CHILD", script)
    monkeypatch.setattr(isolated, "_SECONDS", 0.2)
    with pytest.raises(DataError, match="damaged"):
        IsolatedReader("lmdb").ask(file, 100, key="latents_shape")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_a_file_that_swells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    # 1.25 GB of zeros in a few kB: lists that repeat one number
    lists = pa.ListArray.from_arrays([0, 1 << 25], pa.array(np.zeros(1 << 25, np.int64)))
    with pq.ParquetWriter(path, pa.schema([("action", lists.type)])) as writer:
        for _ in range(5):
            writer.write_table(pa.Table.from_arrays([lists], ["action"]))
    assert path.stat().st_size < 1 << 20
    reader = IsolatedReader("parquet")
    assert json.loads(reader.ask(path, 1 << 20) or b"")["rows"] == 5
    with pytest.raises(DataError, match=r"bomb\.parquet: damaged"):
        reader.ask(path, 1 << 20, columns=["action"], start=0, end=5)


def test_readers_end_with_what_held_them(file: Path) -> None:
    reader = IsolatedReader("lmdb")
    reader.ask(file, 100, key="latents_shape")
    process = reader._process
    assert process is not None and process.poll() is None
    del reader
    gc.collect()
    assert process.poll() is not None


def test_damage_of_any_kind_harms_nobody(file: Path, tmp_path: Path) -> None:
    data, path = file.read_bytes(), tmp_path / "broken.mdb"
    rng = np.random.default_rng(0)
    for _ in range(40):
        broken = bytearray(data)
        for place in rng.integers(len(broken) // 40, size=12) * rng.choice([1, 40]):
            broken[place] = rng.integers(256)
        path.write_bytes(broken)
        reader = IsolatedReader("lmdb")
        try:
            for key in ("latents_shape", "latents_0_data", "latents_39_data"):
                reader.ask(path, 1 << 16, key=key)
        except DataError as error:
            assert "broken.mdb" in str(error)
        finally:
            reader.close()
