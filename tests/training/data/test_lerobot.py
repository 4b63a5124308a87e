import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import DataError
from model.footage.clip import Details, Prompt
from model.footage.gf_minecraft import GFMinecraft
from training.data.lerobot import LeRobot
from training.data.lerobot_writer import CAMERA, write_lerobot

from .lerobot_v2 import TASKS, rows_of, write_lines, write_v2

EPISODES = "meta/episodes/chunk-000/file-000.parquet"
DATA = "data/chunk-000/file-000.parquet"
VIDEO = f"videos/{CAMERA}/chunk-000/file-000.mp4"


@pytest.fixture(scope="module")
def v3(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lerobot") / "v3"
    write_lerobot(GFMinecraft(shared_footage), root)
    return root


@pytest.fixture(scope="module")
def v2(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lerobot") / "v2"
    write_v2(root, GFMinecraft(shared_footage))
    return root


@pytest.fixture
def damaged(v3: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(v3, tmp_path / "ü damaged"))


def edit_info(root: Path, **changes: Any) -> None:
    path = root / "meta/info.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_table(path: Path, column: str, values: Callable[[list[Any]], list[Any] | None]) -> None:
    table = pq.read_table(path)
    place, changed = table.schema.get_field_index(column), values(table.column(column).to_pylist())
    table = table.remove_column(place)
    pq.write_table(table if changed is None else table.append_column(column, pa.array(changed)), path)


def strip(root: Path) -> None:
    """Take our own columns out, as if someone else had written the dataset."""
    table = pq.read_table(root / EPISODES)
    pq.write_table(
        table.drop_columns([name for name in table.column_names if name.startswith("arvd/")]), root / EPISODES
    )


def test_episodes_of_one_file_are_told_apart(v3: Path, shared_footage: Path) -> None:
    source, read = GFMinecraft(shared_footage), LeRobot(v3)
    assert (read.names, read.frame_counts, read.fps, read.size) == (
        source.names,
        source.frame_counts,
        source.fps,
        source.size,
    )
    for index in (2, 0, 1):
        clip, ours = source.read(index), read.read(index)
        assert np.abs(clip.frames.astype(float) - ours.frames).mean() < 5
        assert clip.actions.tobytes() == ours.actions.tobytes()
        assert read.video(index) is None


def test_files_of_an_episode_each_are_read(v2: Path, shared_footage: Path) -> None:
    source, read = GFMinecraft(shared_footage), LeRobot(v2)
    assert read.names == ("episode_000000", "episode_000001", "episode_000002")
    assert read.frame_counts == source.frame_counts
    for index, count in enumerate(read.frame_counts):
        rows, actions = rows_of(count, index), read.actions(index)
        assert not actions[0].any()
        assert np.allclose(actions[1:, 10] * 15, rows[:-1, 0])
        assert np.array_equal(actions[1:, [0, 4]], rows[:-1, 1:3])
        assert not actions[:, [1, 2, 3, 5, 6, 7, 8, 9]].any()
        assert np.flatnonzero(read.known(index)).tolist() == [0, 4, 10]
        assert read.details(index).prompts == (Prompt(0, 5, TASKS[0]), Prompt(5, count, TASKS[1]))
        assert len(read.read(index)) == count
        video = read.video(index)
        assert video is not None and video.name == f"episode_{index:06d}.mp4"


def test_without_our_columns_tasks_and_numbers_are_all_there_is(damaged: Path) -> None:
    before = LeRobot(damaged)
    strip(damaged)
    read = LeRobot(damaged)
    assert read.names == ("episode_000000", "episode_000001", "episode_000002")
    assert read.details(1) == Details(prompts=(Prompt(0, read.frame_counts[1], "play in the plains"),))
    assert read.known(0).all()
    assert all(read.actions(i).tobytes() == before.actions(i).tobytes() for i in range(3))


def test_digests_tell_clips_and_changes_apart(damaged: Path) -> None:
    before = LeRobot(damaged)
    digests = [before.digest(i) for i in range(3)]
    assert len(set(digests)) == 3
    edit_table(damaged / DATA, "action", lambda rows: [[*row[:-1], row[-1] + (k == 30)] for k, row in enumerate(rows)])
    # row 30 lies in the second episode
    after = LeRobot(damaged)
    assert [after.digest(i) == digests[i] for i in range(3)] == [True, False, True]


def test_one_of_several_cameras(damaged: Path) -> None:
    info = json.loads((damaged / "meta/info.json").read_text())
    edit_info(damaged, features=info["features"] | {"observation.images.back": info["features"][CAMERA]})
    assert LeRobot(damaged).size == (32, 48)  # the one that is called main
    with pytest.raises(DataError, match=r"meta/info\.json: which to take is not clear; its videos are: .*\.main, "):
        LeRobot(damaged, camera="observation.images.left")
    with pytest.raises(DataError, match=r"lacks the column videos/observation\.images\.back/"):
        LeRobot(damaged, camera="observation.images.back")


def test_pictures_without_video_are_refused(damaged: Path) -> None:
    features = {"action": {"names": ["w"]}, "observation.image": {"dtype": "image"}}
    edit_info(damaged, features=features)
    with pytest.raises(DataError, match=r"its pictures \(observation\.image\) are no videos"):
        LeRobot(damaged)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"codebase_version": "v1.6"}, r"version 'v1\.6', v2\.0 to v3 are read"),
        ({"fps": 0}, "states 0 frames/s"),
        ({"fps": "NaN"}, "states nan frames/s"),
        ({"fps": 1e300}, "frames/s"),
        ({"fps": None}, "lacks or garbles"),
        ({"features": 3}, "lacks or garbles"),
        ({"features": {}}, "its videos are: none"),
        ({"data_path": "../../{chunk_index}.parquet"}, "leads out of"),
        ({"data_path": "/etc/{chunk_index}{file_index}"}, "put the file itself there"),
        ({"data_path": "data/{chunk_index:999999999d}"}, "names files by"),
        ({"data_path": "data/{chunk_index.__class__}"}, "names files by"),
        ({"video_path": "{video_key}/{episode_index}.mp4"}, "names files by 'episode_index', which is unknown"),
        ({"video_path": "videos/none.mp4"}, "the video is missing"),
        ({"chunks_size": 0}, "0 episodes a chunk"),
    ],
)
def test_info_is_not_believed(damaged: Path, changes: dict[str, Any], reason: str) -> None:
    edit_info(damaged, **changes)
    with pytest.raises(DataError, match=f"ü damaged.*{reason}"):
        LeRobot(damaged)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"codebase_version": "v3.0"}', "\0"])
def test_info_that_is_none(damaged: Path, text: str) -> None:
    (damaged / "meta/info.json").write_text(text)
    with pytest.raises(DataError, match=r"info\.json"):
        LeRobot(damaged)


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("length", lambda v: [v[0], v[1] - 1, v[2]], "episode 2 does not begin where"),
        ("length", lambda v: [v[0], v[1], v[2] - 1], "has 75 rows, its episodes 74"),
        ("length", lambda v: [v[0], 0, v[2]], "row 1: holds 0 where a whole number from 1"),
        ("length", lambda v: [v[0], v[1], 1 << 50], "row 2: holds 1125899906842624"),
        ("length", lambda v: [v[0], None, v[2]], "row 1: holds None"),
        ("length", lambda v: None, "lacks the column length"),
        ("episode_index", lambda v: [0, 0, 1], "two episodes have the index 0"),
        ("data/file_index", lambda v: [-1, 0, 0], "row 0: holds -1"),
        ("data/file_index", lambda v: [0, 0, 7], r"file-007\.parquet: missing|has 75 rows, its episodes"),
        (f"videos/{CAMERA}/from_timestamp", lambda v: [v[0], float("nan"), v[2]], "row 1: begins nan seconds"),
        (f"videos/{CAMERA}/from_timestamp", lambda v: [v[0], v[1] + 0.5, v[2]], "episode 2 does not begin where"),
        ("arvd/name", lambda v: ["a", "a", "b"], "two episodes have the name a"),
        ("arvd/name", lambda v: ["a", "../b", "c"], "row 1: '../b' is no name"),
        ("arvd/details", lambda v: ["{}", '{"biome": 3}', "{}"], "row 1: its arvd columns are garbled"),
        ("arvd/details", lambda v: ["{}", "[" * 100_000, "{}"], "row 1: its arvd columns are garbled"),
        ("arvd/known", lambda v: [[True]] * 3, "row 0: its arvd columns are garbled"),
        ("arvd/first_action", lambda v: [v[0], [1e9] * 11, v[2]], "episode 1: the key forward"),
    ],
)
def test_the_table_of_episodes_is_not_believed(
    damaged: Path, column: str, values: Callable[[list[Any]], list[Any]], reason: str
) -> None:
    edit_table(damaged / EPISODES, column, values)
    with pytest.raises(DataError, match=f"ü damaged.*{reason}"):
        read_all(damaged)


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("action", lambda v: [[*row[:9], float("nan"), 0.0] for row in v], "episode 0: pitch .* is no number"),
        ("action", lambda v: [[2.0] * 11 for row in v], "episode 0: the key forward"),
        ("action", lambda v: [row[:5] for row in v], "has actions of 5 numbers, 11 are named"),
        ("action", lambda v: [row[: 10 + k % 2] for k, row in enumerate(v)], "actions are"),
        ("action", lambda v: [None] * len(v), "actions are"),
        ("action", lambda v: ["walk"] * len(v), "not readable"),
        ("action", lambda v: None, "lacks the column action"),
        ("frame_index", lambda v: v[::-1], "rows are not where the episodes say"),
        ("frame_index", lambda v: ["a"] * len(v), "something else than numbers"),
        ("episode_index", lambda v: [0] * len(v), "episode 1: its rows are not where"),
        ("timestamp", lambda v: [time * 1.5 for time in v], "episode 0: its times are not those of 16 frames/s"),
        ("timestamp", lambda v: [None] * len(v), "."),
        ("task_index", lambda v: v[:-1], "."),
    ],
)
def test_rows_are_not_believed(
    damaged: Path, column: str, values: Callable[[list[Any]], list[Any]], reason: str
) -> None:
    if reason == ".":  # every column is shorter then
        table = pq.read_table(damaged / DATA)
        pq.write_table(table.slice(1), damaged / DATA)
    else:
        edit_table(damaged / DATA, column, values)
    with pytest.raises(DataError, match=f"ü damaged.*{reason}"):
        read_all(damaged)


def read_all(root: Path) -> None:
    dataset = LeRobot(root)
    for index in range(len(dataset.names)):
        dataset.read(index)
        dataset.details(index)


def test_a_link_that_leads_out_is_refused(damaged: Path, v3: Path) -> None:
    for place in (DATA, VIDEO, "meta/info.json", EPISODES):
        kept = (damaged / place).read_bytes()
        (damaged / place).unlink()
        (damaged / place).symlink_to(v3 / place)
        with pytest.raises(DataError, match="leads out of"):
            LeRobot(damaged)
        (damaged / place).unlink()
        (damaged / place).write_bytes(kept)
    read_all(damaged)


def test_v2_is_not_believed_either(v2: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(v2, tmp_path / "v2"))
    good = [json.loads(line) for line in (root / "meta/episodes.jsonl").read_text().splitlines()]
    for change, reason in (
        ({"length": 23}, "has 24 rows, its episodes 23 frames"),
        ({"length": True}, "holds True where a whole number"),
        ({"episode_index": 7}, r"episode_000007\.mp4: the video is missing"),
        ({"episode_index": 1}, "two episodes have the index 1"),
        ({"episode_index": 1 << 39}, "is beyond 1,000,000"),
    ):
        write_lines(root / "meta/episodes.jsonl", [good[0] | change, *good[1:]])
        with pytest.raises(DataError, match=reason):
            LeRobot(root)
    write_lines(root / "meta/episodes.jsonl", good)
    (root / "meta/tasks.jsonl").unlink()
    assert LeRobot(root).details(0) == Details()


def test_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    for root, reason in ((tmp_path, r"info\.json: missing"), (tmp_path / "nowhere", "no such folder")):
        with pytest.raises(DataError, match=reason):
            LeRobot(root)


def test_damage_of_any_kind_is_refused_or_harmless(v3: Path, damaged: Path) -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for place in ("meta/info.json", EPISODES, DATA, "meta/tasks.parquet"):
        good = (v3 / place).read_bytes()
        for _ in range(25):
            broken = bytearray(good)
            for spot in rng.integers(len(broken), size=4):
                broken[spot] = rng.integers(256)
            (damaged / place).write_bytes(broken)
            try:
                dataset = LeRobot(damaged)
                for index in range(len(dataset.names)):
                    dataset.actions(index)
                    dataset.details(index)
            except DataError:
                refused += 1
        (damaged / place).write_bytes(good)
    assert refused > 30
