import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import make_frames, make_records, write_clip, write_video
from training.data.check import check_clips, measure_alignment


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    root = tmp_path_factory.mktemp("turning")
    write_clip(root, "a", 80, seed=3)
    return GFMinecraft(root).read(0)


def smooth(values: np.ndarray) -> np.ndarray:
    return np.convolve(values, np.ones(5) / 5, mode="same")


def test_well_aligned_actions_explain_the_motion(clip: Clip) -> None:
    alignment = measure_alignment(clip)
    assert alignment is not None and alignment.fault is None
    assert alignment.here == pytest.approx(-1, abs=0.1)  # the wall shifts one pixel per degree
    assert abs(alignment.before) < 0.1 and abs(alignment.after) < 0.1
    assert alignment.explained > 0.9


@pytest.mark.parametrize(
    ("shift", "fault"),
    [(-1, "actions stand one frame early"), (1, "actions stand one frame late")],
)
def test_shifted_actions_are_told(shift: int, fault: str, clip: Clip) -> None:
    alignment = measure_alignment(replace(clip, actions=np.roll(clip.actions, shift, axis=0)))
    assert alignment is not None and alignment.fault is not None and fault in alignment.fault


def test_mirrored_yaw_is_told(clip: Clip) -> None:
    alignment = measure_alignment(replace(clip, actions=-clip.actions))
    assert alignment is not None and alignment.fault is not None and "wrong sign" in alignment.fault


def test_a_slowly_turning_hand_still_tells_the_shift() -> None:
    rng = np.random.default_rng(0)
    yaw = np.round(smooth(rng.normal(0, 6, 200)))
    records = [record | {"yaw_delta": turn / 15} for record, turn in zip(make_records(200, 0), yaw, strict=True)]
    actions = np.zeros((200, 11), np.float32)
    actions[:, -1] = yaw / 15
    frames = make_frames(records, 5)
    for shift, fault in ((-1, "early"), (0, None), (1, "late")):
        alignment = measure_alignment(Clip("slow", frames, np.roll(actions, shift, axis=0)))
        assert alignment is not None
        assert (fault in (alignment.fault or "")) if fault else alignment.fault is None


def test_short_still_and_unrelated_clips_are_not_judged(clip: Clip) -> None:
    assert measure_alignment(Clip("short", clip.frames[:10], clip.actions[:10])) is None
    assert measure_alignment(replace(clip, actions=np.zeros_like(clip.actions))) is None
    noise = np.random.default_rng(0).permutation(clip.frames)
    alignment = measure_alignment(replace(clip, frames=noise))
    assert alignment is not None and alignment.fault is None
    blank = measure_alignment(replace(clip, frames=np.zeros_like(clip.frames)))
    assert blank is None or blank.fault is None


def test_every_clip_is_reported_with_its_fault(footage: Path) -> None:
    write_clip(footage, "c", 12, 2)
    write_clip(footage, "d", 12, 3)
    (footage / "metadata" / "a.json").write_text("{")
    (footage / "video" / "b.mp4").unlink()
    write_video(footage / "video" / "d.mp4", make_frames(make_records(12, 3), 3), fps=20)
    reports = {report.name: report for report in check_clips(footage)}
    assert list(reports) == ["a", "b", "c", "d"]
    assert "not readable as JSON" in (reports["a"].fault or "")
    assert "the video is missing" in (reports["b"].fault or "")
    assert reports["c"].fault is None and reports["c"].frames == 12
    assert "size or rate is not that of the clips before" in (reports["d"].fault or "")


def test_a_clip_whose_actions_lead_is_a_fault(footage: Path) -> None:
    write_clip(footage, "c", 60, 4)
    path = footage / "metadata" / "c.json"
    document = json.loads(path.read_text())
    records = [document["actions"][str(k)] for k in range(60)]
    document["actions"] = {str(k): records[min(k + 1, 59)] for k in range(60)}
    path.write_text(json.dumps(document))
    faults = {report.name: report.fault for report in check_clips(footage)}
    assert "pre-action" in (faults["c"] or "")


def test_no_clips_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no clips"):
        list(check_clips(tmp_path))
