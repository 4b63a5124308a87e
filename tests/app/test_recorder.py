import errno
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import recorder as module
from app.recorder import Begin, Recorder, Taken
from app.spot import Spot
from model.footage.replay import read_replay
from model.footage.replay_writer import ReplayWriter
from model.footage.replays import Replays
from tests.replays import FPS, alike, make_action, make_header, make_pictures

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
PICTURES = make_pictures(64)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    made = []

    def make(**settings: Any) -> Recorder:
        made.append(Recorder(tmp_path / "replays", **{"budget": 10**9} | settings))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()


def feed(recorder: Recorder, count: int, first: int = 1) -> None:
    for k in range(first, first + count):
        recorder.put(Taken(make_action(k), PICTURES[k % 64], k / FPS, 20.0, True, 0))


def begin(recorder: Recorder, **changed: Any) -> None:
    recorder.begin(Begin(make_header(**changed), PICTURES[0]))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def held_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let no frame reach the disk until the event is set."""
    go_on = threading.Event()
    write = ReplayWriter.write

    def wait_and_write(writer: ReplayWriter, *words: Any, **more: Any) -> None:
        if writer.frames:
            assert go_on.wait(PATIENCE)
        write(writer, *words, **more)

    monkeypatch.setattr(ReplayWriter, "write", wait_and_write)
    return go_on


def test_all_that_was_put_is_in_the_replay(make: Callable[..., Recorder], tmp_path: Path) -> None:
    recorder = make()
    begin(recorder)
    feed(recorder, 50)
    assert recorder.recording and recorder.taken == 50
    recorder.close()
    assert recorder.written == [tmp_path / "replays" / "20260102-030405-tiny"]
    clip = Replays(recorder.written[0]).read(0)
    assert alike(clip.frames, PICTURES[:51]) and len(clip) == 51
    assert [line.action for line in read_replay(recorder.written[0]).lines] == [make_action(k) for k in range(51)]
    assert (recorder.frames, recorder.dropped, recorder.notice) == (50, 0, "")


def test_a_new_beginning_ends_the_replay_before(make: Callable[..., Recorder]) -> None:
    recorder = make()
    for count in (5, 9):
        begin(recorder)
        feed(recorder, count)
    recorder.end()
    feed(recorder, 3)
    begin(recorder, world="a/../b c\u00fc ")
    feed(recorder, 2)
    recorder.close()
    assert [folder.name for folder in recorder.written] == [
        "20260102-030405-tiny",
        "20260102-030405-tiny-2",
        "20260102-030405-a_.._b c\u00fc",
    ]
    assert [len(read_replay(folder).lines) for folder in recorder.written] == [6, 10, 3]


def test_the_generator_never_waits_and_what_is_lost_is_counted_and_marked(
    make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUEUE_BYTES", 10 * PICTURES[0].nbytes)
    go_on = held_up(monkeypatch)
    recorder = make()
    begin(recorder)
    feed(recorder, 40)  # would never return if it waited
    assert 29 <= recorder.dropped <= 30, "ten wait in the queue, one may be in the writer's hands"
    go_on.set()
    recorder.close()
    lines = read_replay(recorder.written[0]).lines
    assert sum(line.dropped for line in lines) == recorder.dropped
    assert [line.action for line in lines] == [make_action(k) for k in range(41)], "no action is lost"


def test_a_patient_recorder_waits_and_loses_nothing(
    make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUEUE_BYTES", 4 * PICTURES[0].nbytes)
    recorder = make(patient=True)
    begin(recorder)
    feed(recorder, 120)
    assert recorder.taken - recorder.frames <= 40, "what waits is soon written"
    recorder.close()
    assert recorder.dropped == 0 and Replays(recorder.written[0]).frame_counts == (121,)


def test_a_disk_that_takes_nothing_for_long_ends_the_recording(
    make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUEUE_BYTES", 0)
    monkeypatch.setattr(module, "_MOST_WAITING", 30)
    go_on = held_up(monkeypatch)
    said: list[str] = []
    recorder = make(say=said.append)
    begin(recorder)
    feed(recorder, 100)
    assert not recorder.recording and len(said) == 1 and "takes nothing" in said[0]
    go_on.set()
    recorder.close()
    assert 30 < len(read_replay(recorder.written[0]).lines) < 40


def test_the_budget_ends_the_recording_and_says_how_to_go_on(make: Callable[..., Recorder]) -> None:
    said: list[str] = []
    recorder = make(budget=150_000, say=said.append)
    begin(recorder)
    k = 1
    while recorder.recording:
        feed(recorder, 1, k)
        k += 1
        time.sleep(0.001)
    recorder.close()
    assert said == [recorder.notice] and "--record-budget" in said[0]
    assert Replays(recorder.written[0]).frame_counts[0] > 10, "what was written stays"
    begin(recorder_of_the_same := make(budget=150_000, say=said.append))
    until(lambda: len(said) == 2)
    assert not recorder_of_the_same.recording and recorder_of_the_same.written == [], "what lies there already counts"


def test_a_frame_is_found_where_it_stands_unless_the_end_came_before_it(make: Callable[..., Recorder]) -> None:
    free = [10**12]
    recorder = make(free_bytes=lambda folder: free[0])

    def hand_over(k: int) -> Spot:
        spot = recorder.put(Taken(make_action(k), PICTURES[k], k / FPS, 20.0, True, 0))
        assert spot is not None
        return spot

    begin(recorder)
    first = [hand_over(k) for k in range(1, 4)]
    begin(recorder)
    second = [hand_over(k) for k in range(1, 3)]
    assert [spot.index for spot in (*first, *second)] == [1, 2, 3, 1, 2]
    until(lambda: recorder.frames == 5)
    assert [recorder.folder_of(spot) for spot in first] == recorder.written[:1] * 3
    assert [recorder.folder_of(spot) for spot in second] == recorder.written[1:] * 2
    free[0] = 0
    until(lambda: not recorder.recording)
    assert recorder.put(Taken(make_action(3), PICTURES[3], 1.0, 20.0, True, 0)) is None
    assert recorder.folder_of(second[-1]) == recorder.written[1], "what was written stays"
    assert recorder.folder_of(replace(second[-1], index=3)) is None, "handed over, and lost"
    begin(recorder)
    lost = recorder.put(Taken(make_action(1), PICTURES[1], 1.0, 20.0, True, 0))
    until(lambda: not recorder.recording)
    assert lost is None or recorder.folder_of(lost) is None


def test_a_disk_that_is_nearly_full_ends_the_recording(make: Callable[..., Recorder]) -> None:
    free = [10**12]
    said: list[str] = []
    recorder = make(say=said.append, free_bytes=lambda folder: free[0])
    begin(recorder)
    feed(recorder, 5)
    until(lambda: recorder.frames == 5)
    free[0] = module.LEAST_FREE_BYTES - 1
    until(lambda: said)
    assert len(said) == 1 and "nearly full" in said[0] and not recorder.recording
    assert Replays(recorder.written[0]).frame_counts == (6,)
    free[0] = 10**12
    begin(recorder)
    assert recorder.recording and recorder.notice == ""
    feed(recorder, 3)
    recorder.close()
    assert Replays(recorder.written[1]).frame_counts == (4,), "room was made and it records again"


def test_an_error_of_the_disk_ends_the_recording_and_nothing_else(
    make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(writer: ReplayWriter, *words: Any, **more: Any) -> None:
        if writer.frames == 7:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(writer, *words, **more)

    write = ReplayWriter.write
    monkeypatch.setattr(ReplayWriter, "write", fail)
    said: list[str] = []
    recorder = make(say=said.append)
    begin(recorder)
    feed(recorder, 20)
    until(lambda: said)
    assert said == ["recording stopped: No space left on device; make room or choose another folder with --record"]
    feed(recorder, 5)
    recorder.close()
    assert Replays(recorder.written[0]).frame_counts == (7,)


def test_a_folder_that_cannot_be_made_is_said(make: Callable[..., Recorder], tmp_path: Path) -> None:
    (tmp_path / "replays").write_text("a file")
    said: list[str] = []
    recorder = make(say=said.append)
    begin(recorder)
    until(lambda: said)
    assert len(said) == 1 and said[0].startswith("recording stopped: ") and recorder.written == []


def record(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.app.record_forever", str(folder), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_disk_that_takes_no_more_bytes_leaves_a_replay(tmp_path: Path) -> None:
    process = record(tmp_path, "200", "150000")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert re.search(r"recording stopped: .*make room or choose another folder", said)
    (folder,) = tmp_path.iterdir()
    assert (folder / "video.mkv").stat().st_size <= 150_000
    clip = Replays(folder).read(0)
    assert len(clip) > 20 and alike(clip.frames, PICTURES[[k % 64 for k in range(len(clip))]])


@pytest.mark.parametrize("seed", range(10))
def test_a_killed_recorder_loses_at_most_a_second(tmp_path: Path, seed: int) -> None:
    fps = 60.0
    process = record(tmp_path, str(fps))
    assert process.stdout is not None
    put = [int(process.stdout.readline())]
    time.sleep(random.Random(seed).uniform(0.0, 1.5))
    process.kill()
    put += [int(line) for line in process.stdout if line.endswith("\n")]
    process.wait()
    (folder,) = tmp_path.iterdir()
    if put[-1] <= fps and not (folder / "replay.toml").exists():
        return  # all of it was the last second
    clip = Replays(folder).read(0) if put[-1] > fps else None
    lines = read_replay(folder).lines
    assert put[-1] + 1 - len(lines) <= fps
    if clip is not None:
        assert put[-1] + 1 - len(clip) <= fps
        assert alike(clip.frames, PICTURES[[k % 64 for k in range(len(clip))]])
