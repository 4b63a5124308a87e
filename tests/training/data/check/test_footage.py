"""Damage of every kind is planted in footage that was found clean."""

from pathlib import Path

import av
import pytest

from model.footage.clip import Clip
from training.data.check.footage import Report, check_footage
from training.data.check.sources import clips_of

from .damages import AT, DAMAGES
from .scene import play, write


@pytest.fixture(scope="module")
def clip() -> Clip:
    return play()


def check(root: Path, against: Path | None = None) -> Report:
    return check_footage(clips_of(root), against)


def kinds(report: Report) -> set[str]:
    return {finding.kind for finding in report.findings}


def test_clean_clips_show_nothing(clip: Clip, tmp_path: Path) -> None:
    for seed in range(3):
        other = play(120, seed)
        write(tmp_path, f"clip {seed}", other.frames, other.actions)
    write(tmp_path, "long", clip.frames, clip.actions)
    report = check(tmp_path)
    assert report.findings == ()
    assert (report.clips, report.frames) == (4, 660)


@pytest.mark.parametrize("name", DAMAGES)
def test_planted_damage_is_found(name: str, clip: Clip, tmp_path: Path) -> None:
    expected, damage = DAMAGES[name]
    frames, actions = damage(clip.frames, clip.actions)
    write(tmp_path, "damaged", frames, actions)
    good = play(120, 5)
    write(tmp_path, "good", good.frames, good.actions)
    report = check(tmp_path)
    assert expected in kinds(report)
    assert {finding.clip for finding in report.findings} == {"damaged"}
    assert all(finding.sentence.startswith("damaged") for finding in report.findings)


@pytest.mark.parametrize(
    "name", ["one frame inserted", "one frame dropped", "black", "frozen", "menu, world moving", "60 actions lost"]
)
def test_the_place_is_told(name: str, clip: Clip, tmp_path: Path) -> None:
    expected, damage = DAMAGES[name]
    write(tmp_path, "damaged", *damage(clip.frames, clip.actions))
    places = [finding.frames for finding in check(tmp_path).findings if finding.kind == expected]
    assert len(places) == 1 and places[0] is not None and abs(places[0][0] - AT) <= 12


def test_degrees_are_told_from_radians(tmp_path: Path) -> None:
    slow = play(300, 4, speed=2)
    for name in ("degrees, slow hand", "radians"):
        write(tmp_path, name, *DAMAGES[name][1](slow.frames, slow.actions))
    found = {f.clip: f.problem + f.remedy for f in check(tmp_path).findings if f.kind == "units"}
    assert "in degrees" in found["degrees, slow hand"] and "divide" in found["degrees, slow hand"]
    assert "in radians" in found["radians"] and "multiply" in found["radians"]


def test_degrees_of_a_fast_hand_are_refused_by_the_reader(clip: Clip, tmp_path: Path) -> None:
    degrees = clip.actions.copy()
    degrees[:, -2:] *= 15
    write(tmp_path, "fast", clip.frames, degrees)
    (finding,) = check(tmp_path).findings
    assert finding.kind == "unreadable" and "units of 15 degrees" in finding.problem


def test_damage_that_only_shows_in_the_file(clip: Clip, tmp_path: Path) -> None:
    for name in ("flipped", "torn"):
        write(tmp_path, name, clip.frames, play(300, len(name)).actions * 0 + clip.actions)
        path = tmp_path / "video" / f"{name}.mp4"
        data = bytearray(path.read_bytes())
        if name == "torn":
            path.write_bytes(data[: len(data) // 2])
        else:
            for place in range(len(data) // 3, len(data) // 2, 997):
                data[place] ^= 0x5A
            path.write_bytes(data)
    found = {finding.clip: finding.kind for finding in check(tmp_path).findings}
    assert found["torn"] == "unreadable" and found["flipped"] in {"damaged video", "unreadable"}


def test_one_clip_of_another_rate_and_size_among_three(tmp_path: Path) -> None:
    for seed, (fps, cut) in enumerate([(16, 0), (16, 0), (20, 0), (16, 8)]):
        clip = play(40, seed)
        write(tmp_path, str(seed), clip.frames[:, cut:], clip.actions, fps)
    assert {(finding.clip, finding.kind) for finding in check(tmp_path).findings} == {
        ("2", "frame rate"),
        ("3", "frame size"),
    }


def test_uneven_times(clip: Clip, tmp_path: Path) -> None:
    write(tmp_path, "a", clip.frames[:60], clip.actions[:60])
    with av.open(str(tmp_path / "video" / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=1000)
        stream.height, stream.width, stream.pix_fmt = *clip.frames.shape[1:3], "yuv444p"
        for k, picture in enumerate(clip.frames[:60]):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = k * 62 + (k // 20) * 40
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "uneven rate" in kinds(check(tmp_path))


def test_twins_and_leaks_are_found_however_they_were_cut(clip: Clip, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    write(mine, "a", clip.frames, clip.actions)
    write(mine, "b", clip.frames[70:], clip.actions[70:])
    other = play(200, 8)
    write(mine, "c", other.frames, other.actions)
    write(theirs, "x", other.frames[33:], other.actions[33:])
    scripted = play(200, 9)
    write(theirs, "y", scripted.frames, clip.actions[:200])  # the same script in another world
    report = check(mine, theirs)
    found = {(finding.clip, finding.kind): finding.problem for finding in report.findings}
    assert set(found) == {("b", "twin clips"), ("c", "leaked clip")}
    assert "a shows" in found["b", "twin clips"] and "x of the other" in found["c", "leaked clip"]


def test_a_clip_that_does_not_open_hides_no_other(footage: Path) -> None:
    (footage / "metadata" / "a.json").write_text("{")
    report = check(footage)
    assert [(finding.clip, finding.kind) for finding in report.findings] == [("a", "unreadable")]
    assert (report.clips, report.frames, report.damaged) == (2, 12, 1)
    document = report.document()
    assert document["findings"][0]["clip"] == "a" and document["damaged"] == 1
