from dataclasses import replace
from pathlib import Path

import pytest

from model.runtimes import tuned
from model.runtimes.tuned import Timing, Tuning, remember, tuning_of

SLOW = Timing(runtime="eager", threads=1, frame_ms=40.0, psnr=45.0)
TIMINGS = (
    SLOW,
    replace(SLOW, threads=4, frame_ms=30.0),
    replace(SLOW, runtime="compiled", threads=1, frame_ms=20.0),
    replace(SLOW, runtime="compiled", threads=2, frame_ms=12.0),
    replace(SLOW, runtime="compiled", threads=4, frame_ms=14.0),
    replace(SLOW, runtime="wrong", threads=1, frame_ms=1.0, psnr=12.0),
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_fastest_is_chosen_among_those_that_show_the_right_frame() -> None:
    everything = ("eager", "compiled", "wrong")
    assert Tuning(TIMINGS).best(everything) == TIMINGS[3]
    assert Tuning(TIMINGS).best(("eager", "wrong")) == TIMINGS[1]
    assert Tuning(TIMINGS).best(("wrong",)) is None


def test_where_a_core_is_to_be_spared_what_keeps_the_pace_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 2)
    small = replace(SLOW, runtime="small", threads=1, frame_ms=18.0)
    tuning, everything = Tuning((*TIMINGS, small)), ("eager", "compiled", "small")
    assert tuning.best(everything, asked=-1, pace=30) == small
    assert tuning.best(everything, asked=None, pace=30) == tuning.best(everything) == TIMINGS[3]


def test_where_nothing_keeps_the_pace_what_is_fastest_beside_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 2)
    everything = ("eager", "compiled")
    assert Tuning(TIMINGS).best(everything, asked=-1, pace=60) == TIMINGS[2], "two threads are no twice as fast as one"
    slow_alone = replace(TIMINGS[2], frame_ms=80.0)
    tuning = Tuning((*TIMINGS[:2], slow_alone, *TIMINGS[3:]))
    assert tuning.best(everything, asked=-1, pace=60) == TIMINGS[3], "some code is many times slower on one core"
    assert tuning.threads("compiled", asked=-1, pace=60) == 2


def test_a_machine_of_one_core_has_none_to_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 1)
    clean = replace(SLOW, runtime="clean", threads=1, frame_ms=18.0, psnr=60.0)
    fast = replace(clean, runtime="fast", frame_ms=10.0, psnr=45.0)
    tuning = Tuning((clean, fast))
    assert tuning.best(("clean", "fast"), asked=-1, pace=45) == fast, "18 of 22 ms leave the drawing too little"
    assert tuning.best(("clean", "fast"), asked=-1, pace=30) == fast
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 2)
    assert tuning.best(("clean", "fast"), asked=-1, pace=45) == clean


def test_a_core_of_its_own_may_be_kept_busier() -> None:
    """18 ms of the 22.2 of a frame: enough where nothing else runs on that core, too close where anything does."""
    timings = (replace(SLOW, threads=1, frame_ms=18.0), replace(SLOW, threads=2, frame_ms=10.0))
    assert Tuning(timings).threads("eager", asked=-1, pace=45) == 1
    assert Tuning(timings).threads("eager", pace=45) == 2


def test_of_what_keeps_the_pace_without_a_core_the_exact_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 2)
    exact = replace(SLOW, runtime="exact", threads=1, frame_ms=22.0, psnr=55.0)
    tuning, everything = Tuning((*TIMINGS, exact)), ("eager", "compiled", "exact")
    assert tuning.best(everything, asked=-1, pace=30) == exact
    assert tuning.best(everything, asked=-1, pace=41) == TIMINGS[2], "too slow for that"
    assert tuning.best(everything) == TIMINGS[3]


def test_without_a_pace_as_many_threads_as_are_fastest() -> None:
    assert Tuning(TIMINGS).threads("compiled") == 2
    assert Tuning(TIMINGS).threads("eager") == 4
    assert Tuning(TIMINGS).threads("unheard of") is None


@pytest.mark.parametrize(("pace", "threads"), [(16, 1), (30, 1), (45, 2), (200, 2)])
def test_at_a_pace_as_few_threads_as_keep_it(pace: float, threads: int) -> None:
    assert Tuning(TIMINGS).threads("compiled", pace=pace) == threads


def test_what_was_measured_is_remembered_for_that_world_alone() -> None:
    remember("a" * 64, TIMINGS)
    assert tuning_of("a" * 64) == Tuning(TIMINGS)
    assert tuning_of("b" * 64) is None


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b'{"a": 1}', b'[{"runtime": "eager"}]', b"[]", b"\xff\xfe"])
def test_a_damaged_memory_is_none(content: bytes) -> None:
    remember("a" * 64, TIMINGS)
    tuned._place("a" * 64).write_bytes(content)
    assert tuning_of("a" * 64) is None


def test_a_machine_where_nothing_is_right_has_no_best() -> None:
    remember("a" * 64, [TIMINGS[-1]])
    assert tuning_of("a" * 64) is None


def test_a_person_who_names_threads_gets_them_and_free_cores_stay_free(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    monkeypatch.setattr(tuned, "use_threads", used.append)
    monkeypatch.setattr(tuned, "count_threads", lambda asked: 4)
    remember("a" * 64, TIMINGS)
    settle = tuned.settle_threads
    settle("a" * 64, "compiled bfloat16", asked=3, pace=None)
    settle("a" * 64, "eager bfloat16", asked=-1, pace=None)
    settle("a" * 64, "compiled bfloat16", asked=None, pace=16)
    settle("a" * 64, "compiled bfloat16", asked=-3, pace=45)  # one core nearly keeps it
    settle("a" * 64, "compiled bfloat16", asked=-2, pace=60)  # one would not, two do
    settle("b" * 64, "compiled bfloat16", asked=None, pace=16)  # never measured: as torch has it
    settle("b" * 64, "compiled bfloat16", asked=-1, pace=16)
    assert used == [3, 1, 1, 1, 2, -1]
