import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.clip import Clip, Details, Prompt
from model.footage.edits import EDITS, Edit, EditedDataset, read_edits, write_edits
from model.footage.gf_minecraft import GFMinecraft
from model.footage.subset import Subset
from tests.model.footage.single import Single

COUNT = 30


def single(details: Details | None = None) -> Single:
    frames = np.arange(COUNT, dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(6, 2).repeat(3, 3)
    actions = np.arange(COUNT * 11, dtype=np.float32).reshape(COUNT, 11)
    actions[0] = 0
    return Single(Clip("x", frames, actions), details or Details(), Path("x.mp4"))


frame_or_none = st.none() | st.integers(0, COUNT - 1)


@settings(deadline=None)
@given(frame_or_none, frame_or_none)
def test_a_cut_keeps_exactly_the_frames_between_the_marks(first: int | None, last: int | None) -> None:
    source = single()
    start, stop = first or 0, COUNT if last is None else last + 1
    if start >= stop:
        with pytest.raises(DataError, match="keeps no frame of any clip"):
            EditedDataset(source, {"x": Edit(first=first, last=last)})
        return
    edited = EditedDataset(source, {"x": Edit(first=first, last=last)})
    clip = edited.read(0)
    assert edited.frame_counts == (stop - start,) == (len(clip),)
    np.testing.assert_array_equal(clip.frames[:, 0, 0, 0], np.arange(start, stop))
    np.testing.assert_array_equal(clip.actions[1:], source.clip.actions[start + 1 : stop])
    assert not clip.actions[0].any()
    whole = stop - start == COUNT
    assert (edited.digest(0) == source.digest(0)) == whole
    assert edited.video(0) == (source.path if whole else None)
    assert edited.files(0) == (source.path,)


def test_the_source_is_not_touched() -> None:
    source = single()
    before = source.clip.actions.copy()
    EditedDataset(source, {"x": Edit(first=5)}).actions(0)
    np.testing.assert_array_equal(source.clip.actions, before)


def test_other_cuts_have_other_digests() -> None:
    cuts = [Edit(), Edit(first=1), Edit(last=COUNT - 2), Edit(first=1, last=COUNT - 2), Edit(first=2)]
    assert len({EditedDataset(single(), {"x": cut}).digest(0) for cut in cuts}) == len(cuts)
    tagged = EditedDataset(single(), {"x": Edit(tags=("good",))})
    assert tagged.digest(0) == single().digest(0)


def test_a_cut_begins_where_the_camera_looked() -> None:
    """What is cut away is seen no more, but it has turned the camera."""
    actions = np.zeros((COUNT, 11), np.float32)
    actions[1:11, -2] = 0.2
    source = Single(Clip("x", single().clip.frames, actions), begun=5.0)
    for edit, pitch in (
        (Edit(), 5),
        (Edit(last=20), 5),
        (Edit(first=1), 8),
        (Edit(first=15), 35),
        (Edit(first=15, last=20), 35),
    ):
        assert EditedDataset(source, {"x": edit}).pitch(0) == pytest.approx(pitch, abs=1e-4)
    low = EditedDataset(Single(source.clip, begun=75.0), {"x": Edit(first=15)})
    assert low.pitch(0) == 90, "the camera stops there"
    assert Subset(low, (0,)).pitch(0) == 90


def test_the_digest_of_a_cut_is_of_what_it_holds() -> None:
    still = Single(Clip("x", single().clip.frames, np.zeros((COUNT, 11), np.float32)))
    level, low = (EditedDataset(source, {"x": Edit(first=4)}) for source in (still, replace(still, begun=5.0)))
    assert level.digest(0) == hashlib.sha256(f"{still.digest(0)} 4 {COUNT}".encode()).hexdigest(), "caches stay good"
    assert low.digest(0) == level.digest(0), "where the camera looks stands in indices, and in a dataset's digest"


def test_prompts_move_with_the_cut_and_tags_are_added() -> None:
    prompts = (Prompt(0, 10, "gone"), Prompt(5, 15, "half"), Prompt(15, COUNT, "whole"))
    source = single(Details(biome="plains", prompts=prompts, tags=("old",)))
    details = EditedDataset(source, {"x": Edit(first=10, last=19, tags=("old", "good"))}).details(0)
    assert details.prompts == (Prompt(0, 5, "half"), Prompt(5, 10, "whole"))
    assert details.tags == ("old", "good") and details.biome == "plains"


def test_clips_cut_to_nothing_are_left_out(footage: Path) -> None:
    source = GFMinecraft(footage)
    edited = EditedDataset(source, {"a": Edit(first=5, last=4), "gone": Edit(first=999)})
    assert edited.names == ("b",) and edited.frame_counts == (12,)
    np.testing.assert_array_equal(edited.read(0).frames, source.read(1).frames)
    np.testing.assert_array_equal(edited.actions(0), source.actions(1))
    assert edited.digest(0) == source.digest(1) and edited.video(0) == source.video(1)


@pytest.mark.parametrize("key", ["first", "last"])
def test_a_mark_behind_the_end_is_refused_by_name(footage: Path, key: str) -> None:
    edits = {"b": Edit(first=12) if key == "first" else Edit(last=12)}
    with pytest.raises(DataError, match=f'{EDITS}: {key} of clip "b" is 12, but the clip has 12 frames'):
        EditedDataset(GFMinecraft(footage), edits)


tags = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=9)
edits = st.builds(
    Edit,
    first=st.none() | st.integers(0, 10**6),
    last=st.none() | st.integers(0, 10**6),
    tags=st.lists(tags, unique=True, max_size=3).map(tuple),
)


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), edits))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, written: dict[str, Edit]) -> None:
    root = tmp_path_factory.mktemp("dataset")
    write_edits(root, written)
    assert read_edits(root) == {name: edit for name, edit in written.items() if edit != Edit()}
    assert [path.name for path in root.iterdir()] == [EDITS]


def test_the_file_reads_as_it_is_described(tmp_path: Path) -> None:
    write_edits(tmp_path, {"a": Edit(first=3, tags=("good",)), "b": Edit(last=7), "c": Edit()})
    assert tomllib.loads((tmp_path / EDITS).read_text()) == {
        "format": 1,
        "clips": {"a": {"first": 3, "tags": ["good"]}, "b": {"last": 7}},
    }


def test_no_file_is_no_edits(tmp_path: Path) -> None:
    assert read_edits(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format = 2", "format is 2"),
        ("", "'format' is missing"),
        ("format = 1\ncolour = 3", "unknown key 'colour'"),
        ("format = 1\n[clips.a]\nfrist = 3", "unknown key 'frist' in clips.a"),
        ("format = 1\n[clips.a]\nfirst = -1", "first is -1"),
        ("format = 1\n[clips.a]\nlast = 1.5", "clips.a.last is 1.5"),
        ("format = 1\n[clips.a]\nlast = true", "clips.a.last is True"),
        ("format = 1\n[clips.a]\ntags = 'good'", "clips.a.tags must be a list"),
        ("format = 1\n[clips.a]\ntags = ['']", "tag '' is not"),
        ("format = 1\n[clips.a]\ntags = ['x', 'x']", "stands twice"),
        ("format = 1\n[clips.a]\ntags = [' x']", "tag ' x' is not"),
        ("format = 1\nclips = 3", "clips must be a table"),
        ("format = 1\n[clips", "not readable"),
        ("format = " + "[" * 100_000, "not readable"),
        (f"format = 1\n[clips.a]\nlast = 0x{'f' * 5000}", "more than 64 bits"),
        ("format = 1\n[clips.a]\nlast = 4294967296", "frames count from 0 to"),
        (f"format = 1\n[clips{'.a' * 10_000}]", "line 2 has more than 32 dots"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / EDITS).write_text(text)
    with pytest.raises(DataError) as refused:
        read_edits(tmp_path)
    assert EDITS in str(refused.value) and said in str(refused.value)
