from pathlib import Path
from random import Random

import pytest

from model.errors import DataError
from model.footage.video import read_head
from tests.footage import write_clip

from .containers import mp4_rebuilt
from .mutate import MOST_BYTES, SUITED, mutated
from .readers import READERS


@pytest.mark.parametrize("ending", ["", *SUITED])
@pytest.mark.parametrize("data", [b"", b"x", b'{"a": [1, 2.5e3, "b"]}\n' * 40, bytes(9000)])
def test_anything_can_be_mutated_and_the_seed_decides(ending: str, data: bytes) -> None:
    made = [mutated(f"name{ending}", data, Random(seed)) for seed in range(60)]
    assert made == [mutated(f"name{ending}", data, Random(seed)) for seed in range(60)]
    assert max(map(len, made)) <= MOST_BYTES


@pytest.mark.parametrize("reader", ["gf-minecraft", "gf-archive", "replays", "webdataset", "lmdb", "latents"])
def test_mutations_find_something_to_change_in_every_file(reader: str, tmp_path: Path) -> None:
    READERS[reader].make(tmp_path)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        made = [mutated(path.name, data, Random(seed)) for seed in range(40)]
        assert made.count(data) <= 10 and len(set(made)) > 20, path.name


def test_most_rebuilt_videos_are_still_videos(tmp_path: Path) -> None:
    write_clip(tmp_path, "a", 9)
    data, read = (tmp_path / "video" / "a.mp4").read_bytes(), 0
    for seed in range(40):
        (tmp_path / "b.mp4").write_bytes(mp4_rebuilt(data, Random(seed)))
        try:
            read_head(tmp_path / "b.mp4")
            read += 1
        except DataError:
            continue
    assert 5 < read < 40
