import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest

from model.errors import DataError
from model.footage.clip import Actions, Details, Frames, Known, Prompt
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import Encoding
from model.footage.view import DatasetView
from tests.model.footage.single import looking
from training.data import lerobot_writer
from training.data.lerobot import LeRobot
from training.data.lerobot_writer import CAMERA, write_lerobot

DETAILS = Details(
    biome="forest",
    weather="rain",
    prompts=(Prompt(-5, 4, "a wood"), Prompt(2, 9, "a lake"), Prompt(15, 9999, ""), Prompt(12, 9999, "ü")),
    tags=("good",),
)


@dataclass(frozen=True)
class Odd(DatasetView):
    """Clips that are harder to keep than most."""

    @property
    def fps(self) -> float:
        return 29.97

    def actions(self, index: int) -> Actions:
        actions = self.source.actions(index).copy()
        actions[:, 9] = np.random.default_rng(index).normal(size=len(actions))
        actions[0, 2], actions[0, 10], actions[3, 9] = 1, -0.1, -0.0
        return actions

    def known(self, index: int) -> Known:
        return np.arange(11) != 8 - index

    def details(self, index: int) -> Details:
        return DETAILS if index else Details()


@pytest.fixture(scope="module")
def odd(shared_footage: Path) -> Odd:
    return Odd(GFMinecraft(shared_footage))


def test_all_comes_back_to_the_bit_and_frames_to_the_codec(odd: Odd, tmp_path: Path) -> None:
    calls: list[None] = []
    write_lerobot(odd, tmp_path / "ü b", lambda: calls.append(None), encoding=Encoding(crf=4))
    read = LeRobot(tmp_path / "ü b")
    assert len(calls) == 3
    assert (read.names, read.fps, read.size, read.frame_counts) == (odd.names, 29.97, odd.size, odd.frame_counts)
    for index in range(3):
        assert read.actions(index).tobytes() == odd.actions(index).tobytes()
        assert read.known(index).tolist() == odd.known(index).tolist()
        assert read.details(index) == odd.details(index)
        ours, theirs = odd.read(index).frames, read.read(index).frames
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(float) - theirs).mean() < 2


def test_actions_stand_on_the_frame_they_were_done_on(odd: Odd, tmp_path: Path) -> None:
    write_lerobot(odd, tmp_path / "out")
    rows = pq.read_table(tmp_path / "out/data/chunk-000/file-000.parquet")
    theirs = np.array(rows.column("action").to_pylist(), np.float32)
    ends = np.cumsum(odd.frame_counts)
    for index, end in enumerate(ends):
        begin = end - odd.frame_counts[index]
        assert np.array_equal(theirs[begin : end - 1], odd.actions(index)[1:])
        assert not theirs[end - 1].any()  # nothing was done on the last frame
    assert rows.column("frame_index").to_pylist() == [k for count in odd.frame_counts for k in range(count)]
    assert rows.column("index").to_pylist() == list(range(ends[-1]))
    assert rows.column("timestamp").to_pylist()[24] == 0


def test_tasks_are_prompts_or_the_biome(odd: Odd, tmp_path: Path) -> None:
    write_lerobot(odd, tmp_path / "out")
    tasks = pq.read_table(tmp_path / "out/meta/tasks.parquet").to_pylist()
    texts = [entry["task"] for entry in tasks]
    assert [entry["task_index"] for entry in tasks] == list(range(len(texts)))
    rows = pq.read_table(tmp_path / "out/data/chunk-000/file-000.parquet")
    of_frames = [texts[task] for task in rows.column("task_index").to_pylist()]
    assert of_frames[:24] == ["play"] * 24
    forest = "play in the forest"
    assert of_frames[24:55] == ["a wood"] * 4 + ["a lake"] * 5 + [forest] * 3 + ["ü"] * 19
    episodes = pq.read_table(tmp_path / "out/meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [set(episode["tasks"]) for episode in episodes[:2]] == [{"play"}, {"a wood", "a lake", "ü", forest}]


def test_statistics_are_those_of_the_files(odd: Odd, tmp_path: Path) -> None:
    write_lerobot(odd, tmp_path / "out")
    stats = json.loads((tmp_path / "out/meta/stats.json").read_text())
    rows = pq.read_table(tmp_path / "out/data/chunk-000/file-000.parquet")
    assert set(stats) == {*rows.column_names, CAMERA}
    actions = np.array(rows.column("action").to_pylist())
    frames = np.concatenate([odd.read(i).frames for i in range(3)]) / 255
    assert stats["action"]["std"] == pytest.approx(actions.std(0).tolist())
    assert stats["index"]["max"] == [len(actions) - 1]
    assert stats["index"]["std"] == pytest.approx([np.arange(len(actions)).std()])
    assert stats[CAMERA]["mean"] == pytest.approx(frames.mean((0, 1, 2))[:, None, None], rel=1e-6)
    assert stats[CAMERA]["count"] == stats["action"]["count"] == [len(actions)]
    episode = pq.read_table(tmp_path / "out/meta/episodes/chunk-000/file-000.parquet").to_pylist()[1]
    assert episode["stats/action/mean"] == pytest.approx(actions[24:55].mean(0).tolist())
    assert np.array(episode[f"stats/{CAMERA}/min"]).shape == (3, 1, 1)


def test_many_episodes_share_a_file_until_it_is_full(odd: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lerobot_writer, "DATA_BYTES", 1)
    monkeypatch.setattr(lerobot_writer, "VIDEO_SECONDS", 56 / 29.97)
    write_lerobot(odd, tmp_path / "out")
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("file-*"))
    assert files == [
        *(f"data/chunk-000/file-00{n}.parquet" for n in range(3)),
        "meta/episodes/chunk-000/file-000.parquet",
        *(f"videos/{CAMERA}/chunk-000/file-00{n}.mp4" for n in range(2)),
    ]
    read = LeRobot(tmp_path / "out")
    for index in range(3):
        assert read.actions(index).tobytes() == odd.actions(index).tobytes()
        assert np.abs(read.read(index).frames.astype(float) - odd.read(index).frames).mean() < 5


def test_every_episode_begins_with_a_keyframe(odd: Odd, tmp_path: Path) -> None:
    write_lerobot(odd, tmp_path / "out")
    with av.open(str(tmp_path / f"out/videos/{CAMERA}/chunk-000/file-000.mp4")) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys[0] and keys[24] and keys[55]


def test_a_folder_that_is_not_empty_is_left_alone(odd: Odd, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        write_lerobot(odd, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@dataclass(frozen=True)
class Short(DatasetView):
    """A dataset whose second clip ends early."""

    def chunks(self, index: int) -> Iterator[Frames]:
        for frames in self.source.chunks(index):
            yield frames[: 10 if index else None]
            if index:
                return


def test_what_does_not_end_well_is_no_dataset(shared_footage: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="b: has 10 frames, 31 actions"):
        write_lerobot(Short(GFMinecraft(shared_footage)), tmp_path / "out")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_odd_sides_cannot_be_4_2_0(odd: Odd, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Narrow(DatasetView):
        @property
        def size(self) -> tuple[int, int]:
            return 32, 47

    with pytest.raises(DataError, match="47x32: 4:2:0 video has even sides only"):
        write_lerobot(Narrow(odd), tmp_path / "out", encoding=Encoding(pixels="yuv420p"))


def test_a_copy_looks_where_its_source_does(tmp_path: Path) -> None:
    for pitch in (0.0, 31.25):
        write_lerobot(looking(pitch), tmp_path / f"{pitch}")
    level, low = (LeRobot(tmp_path / f"{pitch}") for pitch in (0.0, 31.25))
    assert (level.pitch(0), low.pitch(0)) == (0, 31.25)
