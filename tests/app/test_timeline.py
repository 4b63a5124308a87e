from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import Pixels
from app.timeline import Timeline
from model.actions import Action
from model.world import World, load_world


class Counter:
    """A session whose frame is the hash of all that was done; its snapshots weigh 1,000 bytes."""

    def __init__(self) -> None:
        self.index, self.steps, self.state = 0, 2, 7
        self.frame: Pixels = np.zeros((1, 1, 3), np.uint8)
        self.made = 0

    def step(self, action: Action) -> Pixels:
        self.made += 1
        self.index += 1
        self.state = hash((self.state, action, self.steps))
        self.frame = np.frombuffer(self.state.to_bytes(8, "little", signed=True)[:3], np.uint8).reshape(1, 1, 3)
        return self.frame

    def snapshot(self) -> "Saved":
        return Saved(self.index, self.steps, self.state, self.frame)

    def restore(self, snapshot: "Saved", *, exact: bool = True) -> bool:
        del exact
        self.index, self.steps, self.state, self.frame = snapshot.values
        return True


class Saved:
    nbytes = 1000

    def __init__(self, *values: object) -> None:
        self.values = values


def play(timeline: Timeline, session: Counter, frames: int, yaw: float = 1.0) -> list[bytes]:
    shown = []
    for k in range(frames):
        action = Action(yaw=yaw + k % 7)
        session.step(action)
        timeline.note(session, action)
        shown.append(session.frame.tobytes())
    return shown


@given(
    budget=st.integers(1500, 60_000),
    wanted=st.integers(1, 60),
    rounds=st.lists(st.tuples(st.integers(1, 90), st.integers(0, 100)), min_size=1, max_size=4),
)
def test_going_back_gives_the_frames_that_were(budget: int, wanted: int, rounds: list[tuple[int, int]]) -> None:
    timeline, session = Timeline(wanted, budget), Counter()
    timeline.begin(session)
    past: dict[int, bytes] = {0: session.frame.tobytes()}
    for frames, back in rounds:
        first = session.index + 1
        for k, shown in enumerate(play(timeline, session, frames, yaw=float(frames))):
            past[first + k] = shown
        target = session.index - back
        reached = timeline.go_to(session, target)
        assert reached == session.index == max(target, reached) and session.frame.tobytes() == past[reached]
        assert reached == target or (reached > target and timeline.oldest == reached)
        if timeline.nbytes <= budget and first == 1:
            assert target < 0 or reached - target <= max(0, back - wanted) + timeline.every


def test_memory_stays_within_its_budget_and_reach_within_what_was_asked() -> None:
    timeline, session = Timeline(100, 50_000), Counter()
    timeline.begin(session)
    for _ in range(20):
        play(timeline, session, 50)
        assert timeline.nbytes <= 50_000
    assert timeline.oldest is not None and 100 <= session.index - timeline.oldest < 200
    before = session.made
    timeline.go_to(session, session.index - 50)
    assert session.made - before < timeline.every


def test_a_budget_too_small_remembers_less_and_says_so() -> None:
    timeline, session = Timeline(1000, 5_000), Counter()
    timeline.begin(session)
    play(timeline, session, 3000)
    assert timeline.oldest is not None and timeline.nbytes <= 7_000
    assert timeline.go_to(session, 0) == timeline.oldest > 0


def test_where_memory_is_short_it_is_the_reach_that_is_cut_and_going_back_stays_quick() -> None:
    """The frames alone, twice as many as are wanted, would take more than the budget."""
    timeline, session, budget = Timeline(3000, 12_000), Counter(), 12_000
    timeline.begin(session)
    shown = []
    for _ in range(4000):
        shown += play(timeline, session, 1)
        assert timeline.nbytes <= budget
    assert timeline.oldest is not None and 500 <= session.index - timeline.oldest < 3000
    assert timeline.oldest + 1 == list(timeline.moments_back())[-1].index, "all that is shown can be gone back to"
    for target in (3998, 3800, timeline.oldest + 1):
        before = session.made
        assert timeline.go_to(session, target) == target
        assert session.made - before < 64
        assert session.frame.tobytes() == shown[target - 1]


def test_a_minute_of_the_bundled_world_has_snapshots_as_close_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Saved, "nbytes", 9 << 19)
    session = Counter()
    session.frame = np.zeros((96, 160, 3), np.uint8)
    timeline = Timeline(60 * 16)
    timeline.begin(session)
    assert timeline.every == 26


def test_the_number_of_steps_is_part_of_the_past() -> None:
    timeline, session = Timeline(30, 10_000), Counter()
    timeline.begin(session)
    play(timeline, session, 5)
    session.steps = 4
    shown = play(timeline, session, 9)
    timeline.go_to(session, 9)
    assert session.steps == 4 and session.frame.tobytes() == shown[3]
    timeline.go_to(session, 3)
    assert session.steps == 2


def test_frames_to_show_while_going_back_come_newest_first() -> None:
    timeline, session = Timeline(30, 100_000), Counter()
    timeline.begin(session)
    shown = play(timeline, session, 12)
    moments = list(timeline.moments_back())
    assert [moment.index for moment in moments] == list(range(12, 0, -1))
    assert moments[0].pixels.tobytes() == shown[-1]


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


def test_a_real_world_goes_on_to_the_byte_from_where_one_went_back_to(world: World) -> None:
    session = world.start(seed=1)
    probe = session.snapshot().nbytes
    timeline = Timeline(16, 32 * session.frame.nbytes + 5 * probe)
    timeline.begin(session)
    actions = [Action(forward=k % 3 > 0, yaw=k % 5 - 2.0) for k in range(30)]
    shown = [session.frame.copy()]
    for action in actions:
        session.step(action)
        timeline.note(session, action)
        shown.append(session.frame.copy())
    assert timeline.every > 1
    assert timeline.go_to(session, 21) == 21
    np.testing.assert_array_equal(session.frame, shown[21])
    for k in range(21, 30):
        np.testing.assert_array_equal(session.step(actions[k]), shown[k + 1])
