"""The generator thread: it alone touches the world and its session.

It loads the world, then makes frames at the world's rate, sampling the hands at the last moment before each.
Frames go to the main thread through a slot that holds only the newest; what was replaced unseen is counted.
Requests (pause, restart, stop) are served between two frames. An error ends the thread; `check` raises it in
the main thread.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from model.actions import Action
from model.errors import ArvdError

from .engine import Pixels, Session, World
from .keys import Sample
from .pace import Pace
from .report import since_start_ms
from .stats import Rate, StepStats

_IDLE = Action()
_JOIN_SECONDS = 20.0  # loading a world cannot be interrupted and takes a few seconds


class GenerationError(Exception):
    """The generator thread met an error that is not the user's to mend."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way to the screen."""

    pixels: Pixels
    index: int
    """Frames generated so far in this session; 0 is the picture of the scene."""
    action: Action = _IDLE
    since: float | None = None
    """Arrival of the oldest input that this frame is the first to show, in seconds."""
    step_ms: float = 0.0
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    rate: float = 0.0
    """Frames per second that the generator made lately."""


class Handover:
    """A slot for the newest frame."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        """Offer a frame; one that was not taken is dropped and its input is answered by this one."""
        with self._lock:
            unseen = self._frame
            if unseen is not None and unseen.index > 0:
                self.dropped += 1
                frame = replace(frame, since=_earliest(unseen.since, frame.since))
            self._frame = frame

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be taken."""
        return self._frame is not None

    def take(self) -> Frame | None:
        """Return the newest frame not taken yet."""
        with self._lock:
            frame, self._frame = self._frame, None
            return frame


class Generator:
    """Makes frames in its own thread from `start` to `stop`."""

    def __init__(
        self,
        open_world: Callable[[], World],
        sample: Callable[[], Sample],
        *,
        fps: float,
        scene: str | None = None,
        seed: int = 0,
        steps: int | None = None,
        limit: int | None = None,
        uncapped: bool = False,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare; `limit` ends after so many frames, `wake` is called after each frame and at the end."""
        self.scene = scene
        self.seed = seed
        self.stats = StepStats()
        self.startup_ms: float | None = None
        self.first_frame_ms: float | None = None
        self.world: World | None = None
        self.session_steps = 0
        self.error: BaseException | None = None
        self._open_world, self._sample, self._wake, self._clock = open_world, sample, wake, clock
        self._steps, self._limit = steps, limit
        self._handover = Handover()
        self._pace = Pace(0.0 if uncapped else 1.0 / fps)
        self._rate = Rate()
        self._condition = threading.Condition()
        self._paused = self._restart = self._stop = False
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the frame it is at and wait for it."""
        with self._condition:
            self._stop = True
            self._condition.notify()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_SECONDS)

    def pause(self, paused: bool) -> None:
        """Make no frames, or go on."""
        with self._condition:
            self._paused = paused
            self._condition.notify()

    def restart(self, scene: str | None = None) -> None:
        """Begin again at `scene`, or at the scene of now; its picture comes even while paused."""
        with self._condition:
            self.scene = scene if scene is not None else self.scene
            self._restart = True
            self._condition.notify()

    def take(self) -> Frame | None:
        """Return the newest frame not taken yet; never waits."""
        return self._handover.take()

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be taken."""
        return self._handover.waiting

    @property
    def running(self) -> bool:
        """Whether more frames may come."""
        return self._thread.is_alive()

    @property
    def dropped(self) -> int:
        """Frames that were replaced before they were shown."""
        return self._handover.dropped

    @property
    def late(self) -> int:
        """Frames of the world's rate that were left out since a step took too long."""
        return self._pace.missed

    def check(self) -> None:
        """Raise the error that ended the thread, if one did.

        Raises:
            ArvdError: as the model raised it.
            GenerationError: one sentence about anything else.
        """
        if isinstance(self.error, ArvdError):
            raise self.error
        if self.error is not None:
            what = " ".join(str(self.error).split()) or "no message"
            raise GenerationError(
                f"generating frames failed with {type(self.error).__name__} ({what}); set ARVD_TRACEBACK=1 to see where"
            ) from self.error

    def _run(self) -> None:
        try:
            self._generate()
        except BaseException as error:  # handed to the main thread, which raises it
            self.error = error
        finally:
            self._wake()

    def _generate(self) -> None:
        self.world = self._open_world()
        session = self._begin(self.world)
        self.startup_ms = since_start_ms()
        made = 0
        while self._await_turn():
            if self._take_restart():
                session = self._begin(self.world)
                continue
            self._step(session)
            made += 1
            if made == self._limit:
                return

    def _begin(self, world: World) -> Session:
        session = world.start(self.scene, seed=self.seed, steps=self._steps)
        self.session_steps = session.steps
        self._restart_pace()
        self._handover.put(Frame(session.frame, session.index))
        self._wake()
        return session

    def _step(self, session: Session) -> None:
        started = self._clock()
        sample = self._sample()
        pixels = session.step(sample.action)
        ended = self._clock()
        step_ms = 1000 * (ended - started)
        self.stats.add(step_ms, session.timings, ended)
        self._rate.tick(ended)
        if self.first_frame_ms is None:
            self.first_frame_ms = since_start_ms()
        self._handover.put(
            Frame(
                pixels,
                session.index,
                sample.action,
                sample.since,
                step_ms,
                stage_ms=dict(session.timings),
                rate=self._rate.per_second(),
            )
        )
        self._wake()

    def _await_turn(self) -> bool:
        """Wait until a frame is due or a restart is asked for; False when it is time to stop."""
        with self._condition:
            was_paused = False
            while not self._stop and not self._restart:
                if self._paused:
                    was_paused = True
                    self._condition.wait()
                    continue
                if was_paused:
                    self._restart_pace()
                    was_paused = False
                remaining = self._pace.remaining(self._clock())
                if remaining <= 0:
                    self._pace.begin(self._clock())
                    return True
                self._condition.wait(remaining)
            return not self._stop

    def _restart_pace(self) -> None:
        self._pace.restart(self._clock())
        self._rate.pause()
        self.stats.rate.pause()

    def _take_restart(self) -> bool:
        with self._condition:
            asked, self._restart = self._restart, False
            return asked


def _earliest(first: float | None, second: float | None) -> float | None:
    times = [time for time in (first, second) if time is not None]
    return min(times) if times else None
