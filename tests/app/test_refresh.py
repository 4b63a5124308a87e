import itertools
import math

import pytest

from app.refresh import Refresh
from app.screen import Screen

RATES = [30.0, 60.0, 144.0]
WAKING = 0.001  # seconds; an event loop wakes no sooner


def test_pictures_that_come_a_little_late_do_not_put_off_the_next() -> None:
    refresh, now, shown = Refresh(50), 10.0, []
    for _ in range(500):
        now += refresh.remaining(now) + 0.004  # each wake-up is late
        assert refresh.due(now)
        refresh.begin(now)
        shown.append(now)
    assert shown[-1] == pytest.approx(10.0 + 499 / 50, abs=0.01)


def test_none_comes_before_its_turn() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    assert not refresh.due(1.015)
    assert refresh.due(1.02)


def test_after_a_rest_no_burst_follows() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    refresh.begin(5.0)
    assert refresh.remaining(5.0) == pytest.approx(0.02)


def test_another_rate_holds_from_the_next_picture_on() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    refresh.most = 10
    refresh.begin(1.02)
    assert refresh.remaining(1.02) == pytest.approx(0.1)


def shown_by(refresh: Refresh, screen: Screen, seconds: float, work: float) -> list[float]:
    """Times of the pictures that something which always moves puts on a screen, each of `work` seconds."""
    now, shown = 0.003, []
    while now < seconds:
        now += max(WAKING, refresh.remaining(now))
        if refresh.due(now):
            refresh.begin(now)
            now += work
            now = math.ceil(now * screen.rate) / screen.rate if screen.waits else now
            shown.append(now)
    return shown


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("told", [1.0, 0.999, 1.01])
def test_where_pictures_wait_for_the_screen_it_misses_none_of_its_turns(rate: float, told: float) -> None:
    screen = Screen(rate, waits=True)
    shown = shown_by(Refresh(0, lambda: Screen(rate * told, waits=True)), screen, 10.0, 0.3 / rate)
    turns = [round((after - before) * rate) for before, after in itertools.pairwise(shown)]
    assert set(turns[1:]) == {1} and len(shown) == pytest.approx(10 * rate, abs=2)


@pytest.mark.parametrize("rate", RATES)
def test_where_they_do_not_wait_it_shows_as_many_as_the_screen(rate: float) -> None:
    shown = shown_by(Refresh(0, lambda: Screen(rate)), Screen(rate), 10.0, 0.1 / rate)
    assert len(shown) == pytest.approx(10 * rate, rel=0.01)


@pytest.mark.parametrize("rate", RATES)
def test_a_driver_that_only_says_that_it_waits_makes_no_flood(rate: float) -> None:
    shown = shown_by(Refresh(0, lambda: Screen(rate, waits=True)), Screen(rate), 10.0, 0.0)
    assert len(shown) <= 15.2 * rate


def test_what_takes_long_is_ready_by_the_turn_and_puts_none_off() -> None:
    refresh, prepared = Refresh(50), []
    refresh.begin(1.0)
    for now in (1.0, 1.01, 1.0149, 1.0155, 1.0174, 1.018, 1.0195, 1.02, 1.5):
        if refresh.prepares(now, 0.005):
            prepared.append(now)
    assert prepared == [1.0149, 1.0155, 1.0174, 1.02, 1.5], "not long before the turn, nor right before it"
    assert refresh.until_prepared(1.005, 0.005) == pytest.approx(0.01)
    assert refresh.until_prepared(1.018, 0.005) == pytest.approx(0.002), "the turn that it is too late for"
    assert refresh.until_prepared(1.5, 0.005) == 0.0


class MovingMouse:
    """Something that always moves, with a new frame now and then, and the seconds that its pictures take."""

    def __init__(self, refresh: Refresh, frame_rate: float, draw: float, enlarge: float) -> None:
        self.refresh, self._frame_rate = refresh, frame_rate
        self._draw, self._enlarge = draw, enlarge
        self.now, self._taken = 0.0, 0
        self.shown: list[float] = []
        self.ages: list[float] = []

    @property
    def waiting(self) -> bool:
        return self._made > self._taken

    def moves(self, now: float) -> bool:
        return now >= 0.0

    def draw(self, now: float) -> None:
        self.refresh.begin(now)
        self.now += self._draw
        self.shown.append(self.now)

    def take(self) -> None:
        if self.waiting:
            self._taken = self._made
            self.now += self._enlarge
            self.ages.append(self.now - self._taken / self._frame_rate)

    def play(self, seconds: float) -> None:
        """Run a loop like the player's, which a frame wakes."""
        while self.now < seconds:
            if self.waiting:
                patience = self.refresh.until_prepared(self.now, self._enlarge)
            else:
                patience = min(self.refresh.remaining(self.now), (self._made + 1) / self._frame_rate - self.now)
            self.now += max(WAKING / 5, patience)
            self.refresh.take_turn(self, self._enlarge, lambda: self.now)

    @property
    def _made(self) -> int:
        return math.floor(self.now * self._frame_rate)


@pytest.mark.parametrize("frame_rate", [16.0, 25.0, 50.0])
@pytest.mark.parametrize(("draw", "enlarge"), [(0.006, 0.0038), (0.001, 0.0001)])
def test_pictures_come_evenly_although_some_hold_a_new_frame(frame_rate: float, draw: float, enlarge: float) -> None:
    mouse = MovingMouse(Refresh(60), frame_rate, draw, enlarge)
    mouse.play(20.0)
    gaps = [after - before for before, after in itertools.pairwise(mouse.shown)]
    assert max(gaps) < 1 / 60 + enlarge / 2 + 0.0005 and len(mouse.ages) > 0.95 * 20 * frame_rate
    assert max(mouse.ages) < 1 / 60 + 1.5 * enlarge + 0.001, "no frame waits longer for that"


@pytest.mark.parametrize("frame_rate", [16.0, 25.0])
@pytest.mark.parametrize(("draw", "enlarge"), [(0.012, 0.010), (0.014, 0.014), (0.008, 0.020), (0.006, 0.025)])
def test_a_frame_that_is_never_ready_by_a_turn_puts_off_one(frame_rate: float, draw: float, enlarge: float) -> None:
    mouse = MovingMouse(Refresh(60), frame_rate, draw, enlarge)
    mouse.play(20.0)
    gaps = [after - before for before, after in itertools.pairwise(mouse.shown)]
    assert len(mouse.ages) > 0.95 * 20 * frame_rate, "all are seen"
    assert max(mouse.ages) < 2 / 60 + draw + enlarge + 0.001, "after two turns at the latest"
    assert max(gaps) < 1 / 60 + enlarge + 0.001


@pytest.mark.parametrize("frame_rate", [16.0, 25.0, 50.0, 200.0])
@pytest.mark.parametrize(("draw", "enlarge"), [(0.006, 0.0038), (0.001, 0.0001), (0.006, 0.008)])
def test_what_is_new_has_its_turn_at_once_where_nothing_paces(frame_rate: float, draw: float, enlarge: float) -> None:
    mouse = MovingMouse(Refresh(0, lambda: Screen(60.0)), frame_rate, draw, enlarge)
    mouse.play(20.0)
    gaps = [after - before for before, after in itertools.pairwise(mouse.shown)]
    assert max(gaps) < 1 / 60 + enlarge / 2 + 0.0005, "evenly still"
    assert min(gaps) > 0.65 / 60, "none is wasted on what was only just shown"
    assert len(mouse.shown) < 1.1 * 60 * 20
    assert max(mouse.ages) < 1 / 60 + 1.5 * enlarge + 0.001
    if frame_rate == 16.0:
        waited = sorted(age - enlarge for age in mouse.ages)
        assert waited[len(waited) // 2] < draw, "most are taken when they come, or the picture of that moment is drawn"
        assert len(mouse.shown) == pytest.approx(4 * 16 * 20, rel=0.05), "four pictures for each frame"


@pytest.mark.parametrize("waits", [True, False])
def test_fewer_than_the_screen_shows_can_be_asked_for(waits: bool) -> None:
    shown = shown_by(Refresh(30, lambda: Screen(144.0, waits)), Screen(144.0, waits), 10.0, 0.001)
    assert len(shown) == pytest.approx(300, abs=3)
