"""Clips written in the GF-Minecraft layout are read back to the bit, and are there whole or not at all."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.actions import ACTION_SIZE, KEYS, Action
from model.errors import DataError
from model.footage.clip import Actions, Details, Frames, Prompt, everything_known
from model.footage.gf_clip import append_annotation, rebuild_annotations, write_clip, write_metadata
from model.footage.gf_minecraft import GFMinecraft
from model.footage.gf_records import parse_records
from model.footage.untrusted import read_json

SIZE = (32, 48)


def neutral(count: int) -> Actions:
    return np.zeros((count, ACTION_SIZE), np.float32)


def frames_of(count: int) -> Frames:
    ramp = np.linspace(0, 255, SIZE[1], dtype=np.uint8)
    return np.stack([np.broadcast_to(np.roll(ramp, k)[None, :, None], (*SIZE, 3)) for k in range(count)])


def in_pieces(frames: Frames, of: int = 5) -> Iterator[Frames]:
    yield from (frames[k : k + of] for k in range(0, len(frames), of))


def test_a_clip_comes_back(tmp_path: Path) -> None:
    actions = neutral(12)
    actions[1:] = [Action(forward=True, jump=True, sprint=True, yaw=k / 7, pitch=-k / 3).vector() for k in range(11)]
    write_clip(tmp_path, "a b é", in_pieces(frames_of(12)), actions, fps=16, size=SIZE)
    dataset = GFMinecraft(tmp_path)
    assert dataset.names == ("a b é",)
    assert (dataset.fps, dataset.size, dataset.frame_counts) == (16, SIZE, (12,))
    clip = dataset.read(0)
    assert clip.actions.tobytes() == actions.tobytes()
    assert np.abs(clip.frames.astype(int) - frames_of(12)).mean() < 3


keys = st.lists(st.booleans(), min_size=len(KEYS), max_size=len(KEYS))
camera = st.lists(st.floats(-12, 12, width=32), min_size=2, max_size=2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(keys, camera), max_size=8))
def test_actions_come_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple]) -> None:
    actions = neutral(1 + len(rows))
    for k, (held, turned) in enumerate(rows, 1):
        actions[k] = np.array([*held, *turned], np.float32)
    folder = tmp_path_factory.mktemp("clip")
    write_metadata(folder, "a", actions)
    path = folder / "metadata" / "a.json"
    assert parse_records(read_json(path), path).actions.tobytes() == actions.tobytes()


def test_the_layouts_own_codes(tmp_path: Path) -> None:
    actions = neutral(5)
    actions[1:] = [
        Action(forward=True, left=True, sneak=True).vector(),
        Action(back=True, right=True, sprint=True, yaw=30).vector(),
        Action(forward=True, back=True, jump=True, sneak=True, yaw=-3).vector(),
        Action(attack=True, pitch=1.5).vector(),
    ]
    details = Details(biome="tundra", weather="clear", time="Sunset", tags=("x",))
    places = np.arange(15.0).reshape(5, 3)
    write_metadata(tmp_path, "a", actions, details=details, extra={"seed": 7}, positions=places)
    document = json.loads((tmp_path / "metadata" / "a.json").read_text())
    records = document.pop("actions")
    assert document == {
        "biome": "tundra",
        "initial_weather": "clear",
        "start_time": "Sunset",
        "tags": ["x"],
        "seed": 7,
    }
    assert [[records[str(k)][code] for code in ("ws", "ad", "scs")] for k in range(5)] == [
        [0, 0, 0],
        [1, 1, 2],
        [2, 2, 3],
        [0, 0, 1],
        [0, 0, 0],
    ]
    assert records["3"]["keys"] == ["forward", "back", "jump", "sneak"]
    assert [records[str(k)]["yaw"] for k in range(5)] == [0, 0, 30, 27, 27]
    assert records["4"] == {
        "ws": 0,
        "ad": 0,
        "scs": 0,
        "pitch": 1.5,
        "yaw": 27.0,
        "pitch_delta": 0.1,
        "yaw_delta": 0.0,
        "keys": ["attack"],
        "pos": [12, 13, 14],
    }


def test_only_what_is_not_known_is_told(tmp_path: Path) -> None:
    known = everything_known()
    write_metadata(tmp_path, "all", neutral(2), known=known)
    known[-2:] = False
    write_metadata(tmp_path, "keys", neutral(2), known=known)
    documents = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "metadata").iterdir()}
    assert "known" not in documents["all"]
    assert documents["keys"]["known"] == list(KEYS)


@pytest.mark.parametrize("given_frames", [11, 13])
def test_frames_that_do_not_pair_up_leave_nothing(tmp_path: Path, given_frames: int) -> None:
    with pytest.raises(DataError, match=f"a: {given_frames} frames, 12 actions"):
        write_clip(tmp_path, "a", in_pieces(frames_of(given_frames)), neutral(12), fps=16, size=SIZE)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def broken(change: str) -> Actions:
    actions = neutral(3)
    match change:
        case "nan":
            actions[1, -1] = np.nan
        case "absurd":
            actions[1, -1] = 1e9
        case "half":
            actions[1, 0] = 0.5
        case "first":
            actions[0, 0] = 1
        case "double":
            return actions.astype(np.float64)  # type: ignore[return-value]
        case "none":
            return actions[:0]
        case "narrow":
            return actions[:, :5]
    return actions


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nan", "15 degrees"),
        ("absurd", "15 degrees"),
        ("half", "0 or 1"),
        ("first", "action 0"),
        ("double", "float64"),
        ("none", "not none"),
        ("narrow", r"\(3, 5\)"),
    ],
)
def test_actions_that_would_not_come_back_are_refused(tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        write_clip(tmp_path, "a", in_pieces(frames_of(3)), broken(change), fps=16, size=SIZE)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["", "..", "a/b", "/a", "a\0b"])
def test_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="no name of a file"):
        write_clip(tmp_path / "in", name, in_pieces(frames_of(3)), neutral(3), fps=16, size=SIZE)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_annotations_follow_the_metadata(tmp_path: Path) -> None:
    prompts = (Prompt(0, 2, 'a "quoted", wood'), Prompt(2, 3, "a\nhill"))
    for name in ("b", "a"):
        write_metadata(tmp_path, name, neutral(3), details=Details(prompts=prompts))
        append_annotation(tmp_path, name, prompts)
    append_annotation(tmp_path, "killed", prompts)

    def rows() -> list[list[str]]:
        with (tmp_path / "annotation.csv").open(newline="") as file:
            return list(csv.reader(file))

    first = ["0", "2", 'a "quoted", wood']
    assert rows()[0] == ["Original video name", "Start frame index", "End frame index", "Prompt"]
    assert [row[0] for row in rows()[1:]] == ["b.mp4", "b.mp4", "a.mp4", "a.mp4", "killed.mp4", "killed.mp4"]
    assert rows()[1] == ["b.mp4", *first]
    rebuild_annotations(tmp_path)
    assert [row[0] for row in rows()[1:]] == ["a.mp4", "a.mp4", "b.mp4", "b.mp4"]
    assert rows()[1:3] == [["a.mp4", *first], ["a.mp4", "2", "3", "a\nhill"]]
