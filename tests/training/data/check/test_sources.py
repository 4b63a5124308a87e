from pathlib import Path

import pytest

from model.errors import DataError
from tests.model.footage.recordings import make_log, write_recording
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


def test_each_recording_opens_by_itself_once_one_does_not(tmp_path: Path) -> None:
    write_recording(tmp_path, "r0", make_log(30), frames=40)
    write_recording(tmp_path, "r1", make_log(60, menus=[(25, 30)]))
    write_recording(tmp_path / "deeper", "r2", make_log(24))
    for name in ("r0", "r1", "deeper/r2"):
        (tmp_path / f"{name}-options.json").write_text("{}")
    (tmp_path / "r3.jsonl").write_text("{}\n")
    sources = clips_of(tmp_path)
    assert [source.name for source in sources] == ["deeper__r2", "r0", "r1_from_000000", "r1_from_000030", "r3"]
    for source in sources[:1] + sources[2:4]:
        dataset, index = source.open()
        assert dataset.names[index] == source.name and len(dataset.read(index)) == dataset.frame_counts[index]
    with pytest.raises(DataError, match="r0: the video has 40 frames but the log 30 lines; copy both again"):
        sources[1].open()
    with pytest.raises(DataError, match=r"r3\.jsonl: its video r3\.mp4 is missing"):
        sources[4].open()


def test_the_true_fault_is_told_where_clips_cannot_be_told_apart(tmp_path: Path) -> None:
    write_recording(tmp_path, "a__b", make_log(24))
    write_recording(tmp_path / "a", "b", make_log(24))
    (tmp_path / "b-options.json").write_text("{}")
    with pytest.raises(DataError, match="makes a clip of the same name"):
        clips_of(tmp_path)
    (tmp_path / "tars").mkdir()
    for name in ("index.json", "shard-000000.tar"):
        (tmp_path / "tars" / name).write_text("{}")
    with pytest.raises(DataError, match="arvd-data import webdataset"):
        clips_of(tmp_path / "tars")


def test_nothing_to_look_at_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError):
            clips_of(folder)
