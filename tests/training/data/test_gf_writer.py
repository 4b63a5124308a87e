import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError, RunError
from model.footage.clip import Details, Frames, Known, Prompt
from model.footage.gf_minecraft import GFMinecraft
from model.footage.subset import Subset
from model.footage.view import DatasetView
from tests.footage import write_clip
from tests.model.footage.single import looking
from training.data.gf_writer import write_gf_minecraft
from training.data.resized import ResizedDataset


@dataclass(frozen=True)
class Told(DatasetView):
    """A dataset of which more is known, and less of its actions; its frames lie in no file."""

    def known(self, index: int) -> Known:
        return np.arange(11) != 8

    def details(self, index: int) -> Details:
        prompts = (Prompt(0, 9, 'Ein Hügel, "am Morgen".'), Prompt(9, 20, "Sand."))
        return Details(biome="Düne", weather="rain", time="Sunset", prompts=prompts, tags=(self.names[index],))

    def video(self, index: int) -> None:
        return None


def same(ours: GFMinecraft, theirs: DatasetView | GFMinecraft) -> None:
    assert (ours.names, ours.frame_counts, ours.fps, ours.size) == (
        theirs.names,
        theirs.frame_counts,
        theirs.fps,
        theirs.size,
    )
    for i in range(len(ours.names)):
        assert ours.actions(i).tobytes() == theirs.actions(i).tobytes()
        assert ours.known(i).tolist() == theirs.known(i).tolist()
        assert ours.details(i) == theirs.details(i)


def test_videos_are_copied_to_the_byte_and_actions_to_the_bit(shared_footage: Path, tmp_path: Path) -> None:
    source = GFMinecraft(shared_footage)
    done: list[None] = []
    write_gf_minecraft(source, tmp_path / "out", lambda: done.append(None))
    ours = GFMinecraft(tmp_path / "out")
    same(ours, source)
    assert len(done) == 3
    for i in range(3):
        assert ours.video(i).read_bytes() == source.video(i).read_bytes()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"video", "metadata", "annotation.csv"}


def test_frames_that_lie_in_no_file_are_encoded_and_all_that_is_known_is_kept(
    shared_footage: Path, tmp_path: Path
) -> None:
    source = Told(ResizedDataset(GFMinecraft(shared_footage), (16, 24)))
    write_gf_minecraft(source, tmp_path / "out")
    ours = GFMinecraft(tmp_path / "out")
    same(ours, source)
    for i in range(3):
        difference = ours.read(i).frames.astype(int) - source.read(i).frames
        assert np.abs(difference).mean() < 12  # H.264 leaves 7 of noise of single pixels; another clip is 60 away
    write_gf_minecraft(ours, tmp_path / "again")
    same(GFMinecraft(tmp_path / "again"), source)
    for name in ("a", "b", "c"):  # prompts stand in the table too, for other loaders
        path = tmp_path / "out" / "metadata" / f"{name}.json"
        document = json.loads(path.read_text())
        del document["prompts"]
        path.write_text(json.dumps(document))
    same(GFMinecraft(tmp_path / "out"), source)


def test_names_with_blanks_and_other_letters(tmp_path: Path) -> None:
    write_clip(tmp_path / "made", "ein Wald, grün (2)", 6)
    write_gf_minecraft(GFMinecraft(tmp_path / "made"), tmp_path / "wohin denn" / "é")
    assert GFMinecraft(tmp_path / "wohin denn").names == ("ein Wald, grün (2)",)


def test_a_broken_off_export_goes_on(shared_footage: Path, tmp_path: Path) -> None:
    source, out = GFMinecraft(shared_footage), tmp_path / "out"

    @dataclass(frozen=True)
    class Breaks(DatasetView):
        def video(self, index: int) -> Path | None:
            return None if index == 1 else self.source.video(index)

        def chunks(self, index: int) -> Iterator[Frames]:
            yield from self.source.chunks(index)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gf_minecraft(Breaks(source), out)
    assert {path.name for path in out.rglob("*") if path.is_file()} == {"a.mp4", "a.json"}, "nothing is half-written"
    assert GFMinecraft(out).names == ("a",)
    (out / "video" / ".b.mp4.123.part").write_bytes(b"what a killed process leaves")
    shutil.copy(source.video(2), out / "video" / "b.mp4")  # killed before the metadata came
    first = (out / "video" / "a.mp4").stat().st_mtime_ns
    write_gf_minecraft(source, out)
    assert (out / "video" / "a.mp4").stat().st_mtime_ns == first
    same(GFMinecraft(out), source)
    np.testing.assert_array_equal(GFMinecraft(out).read(1).frames, source.read(1).frames)


@dataclass(frozen=True)
class Swapped(DatasetView):
    """A dataset whose second clip has the video of its first, which is shorter."""

    def video(self, index: int) -> Path | None:
        return self.source.video(0 if index == 1 else index)


def test_a_video_of_other_frames_than_actions_is_not_copied(shared_footage: Path, tmp_path: Path) -> None:
    source, out = GFMinecraft(shared_footage), tmp_path / "out"
    for _ in range(2):  # and is not taken for written afterwards
        with pytest.raises(DataError, match="b: the video has 24 frames but there are 31 actions; copy the clip again"):
            write_gf_minecraft(Swapped(source), out)
        assert {path.name for path in out.rglob("*") if path.is_file()} == {"a.mp4", "a.json"}


def test_a_clip_whose_video_lost_frames_is_written_anew(shared_footage: Path, tmp_path: Path) -> None:
    source, out = GFMinecraft(shared_footage), tmp_path / "out"
    write_gf_minecraft(source, out)
    shutil.copy(source.video(0), out / "video" / "b.mp4")  # as older versions copied it
    with pytest.raises(DataError, match="b: the video has 24 frames"):
        write_gf_minecraft(Swapped(source), out)
    write_gf_minecraft(source, out)
    same(GFMinecraft(out), source)
    assert (out / "video" / "b.mp4").read_bytes() == source.video(1).read_bytes()


@pytest.mark.parametrize(
    "other", ["notes.txt", "metadata/z.json", "video/z.mp4", "video/a.mkv", ".hidden", "metadata/a"]
)
def test_a_folder_that_holds_anything_else_is_refused(other: str, shared_footage: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / other
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(DataError, match=f"holds {path.name}, no part of this export; choose an empty folder"):
        write_gf_minecraft(GFMinecraft(shared_footage), tmp_path / "out")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_another_clip_of_the_same_name_is_refused(shared_footage: Path, tmp_path: Path) -> None:
    source, out = GFMinecraft(shared_footage), tmp_path / "out"
    write_gf_minecraft(Subset(source, (0,)), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    write_clip(tmp_path / "other", "a", 24, seed=7)
    for dataset in (GFMinecraft(tmp_path / "other"), Told(source), ResizedDataset(source, (16, 24))):
        with pytest.raises(DataError, match="holds another clip a; choose an empty folder"):
            write_gf_minecraft(dataset, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_dataset_is_not_written_onto_itself(footage: Path) -> None:
    (footage / "annotation.csv").write_text("Original video name,Start frame index,End frame index,Prompt\na,0,9,x\n")
    before = (footage / "annotation.csv").read_bytes()
    with pytest.raises(DataError, match="holds clip a that is to be written; choose another folder"):
        write_gf_minecraft(GFMinecraft(footage), footage)
    assert (footage / "annotation.csv").read_bytes() == before


def test_a_target_that_is_a_file_and_a_link_that_leads_out(shared_footage: Path, tmp_path: Path) -> None:
    source = GFMinecraft(shared_footage)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is no folder; choose another one"):
        write_gf_minecraft(source, tmp_path / "file")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "video").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="leads out of"):
        write_gf_minecraft(source, tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_full_disk_is_one_clear_sentence(
    shared_footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(RunError, match="No space left on device"):
        write_gf_minecraft(GFMinecraft(shared_footage), tmp_path / "out")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_names_that_are_paths_are_refused(shared_footage: Path, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Climbs(DatasetView):
        @property
        def names(self) -> tuple[str, ...]:
            return ("../a", "b", "c")

    with pytest.raises(DataError, match=r"'\.\./a' is no name of a file"):
        write_gf_minecraft(Climbs(GFMinecraft(shared_footage)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_copy_looks_where_its_source_does(tmp_path: Path) -> None:
    for pitch in (0.0, 31.25):
        for _ in range(2):  # the second goes on behind what the first wrote, which it knows again
            write_gf_minecraft(looking(pitch), tmp_path / f"{pitch}")
    level, low = (GFMinecraft(tmp_path / f"{pitch}") for pitch in (0.0, 31.25))
    assert (level.pitch(0), low.pitch(0)) == (0, 31.25) and level.digest(0) != low.digest(0)
    np.testing.assert_array_equal(low.actions(0), level.actions(0))
    with pytest.raises(DataError, match="holds another clip walk"):
        write_gf_minecraft(looking(0.0), tmp_path / "31.25")
