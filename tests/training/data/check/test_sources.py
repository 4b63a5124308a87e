from pathlib import Path

import pytest

from model.errors import DataError
from training.data.check.sources import clips_of


def test_a_sample_is_spread_over_the_footage(shared_footage: Path) -> None:
    assert [source.name for source in clips_of(shared_footage)] == ["a", "b", "c"]
    assert [source.name for source in clips_of(shared_footage, 2)] == ["a", "c"]
    assert len(clips_of(shared_footage, 9)) == 3


def test_each_clip_opens_by_itself_once_one_does_not(footage: Path) -> None:
    (footage / "video" / "b.mp4").unlink()
    good, bad = clips_of(footage)
    dataset, index = good.open()
    assert dataset.names[index] == "a"
    with pytest.raises(DataError, match="missing"):
        bad.open()


def test_nothing_to_look_at_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError):
            clips_of(folder)
