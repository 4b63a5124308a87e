from pathlib import Path

import pytest

from model.errors import DataError
from training.data.lmdb_head import check_length

from .lmdb_files import clips, write_lmdb


def test_a_whole_file_passes_and_one_that_was_cut_off_is_called_so(tmp_path: Path) -> None:
    file = write_lmdb(tmp_path / "ü b", clips(9)) / "data.mdb"
    check_length(file)
    data = file.read_bytes()
    for missing in (1, 4096, len(data) // 2):
        file.write_bytes(data[:-missing])
        with pytest.raises(DataError, match=r"ü b.data\.mdb: states .* bytes, has .*: it was cut off"):
            check_length(file)


@pytest.mark.parametrize("data", [b"", b"\0" * 10_000, b"walk" * 5000])
def test_files_of_another_kind(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data.mdb").write_bytes(data)
    with pytest.raises(DataError, match=r"data\.mdb: no LMDB file"):
        check_length(tmp_path / "data.mdb")
    with pytest.raises(DataError, match="missing"):
        check_length(tmp_path / "nowhere.mdb")
