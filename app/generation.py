"""The generator thread: it alone touches the world and the walk through it.

It loads the world, then makes frames at the world's rate, sampling the hands at the last moment before each; what
they do while nobody plays (in a pause, on the way back, while the walk is led) is forgotten, what they hold is not.
Frames go to the main thread through a slot that holds only the newest; what was replaced unseen is counted.
Requests are served between two frames, also while nothing is generated or the walk is led. An error of the person's in
one is said and leaves the walk alone; any other ends the thread, and `check` raises it in the main thread.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from model.errors import ArvdError

from .branching import Lead
from .engine import World
from .handover import Frame, Handover
from .hands import Sample
from .pace import Pace
from .past import Past
from .priority import draw_first
from .quality import Quality
from .recording import Recording
from .report import since_start_ms
from .stats import Rate, StepStats
from .timeline import Moment
from .turns import Turn, Turns
from .walker import NEAR, Walker, WalkOptions

_JOIN_SECONDS = 20.0  # loading a world cannot be interrupted and takes a few seconds
_REWIND_SPEED = 2  # frames back in the time of one forth

Request = Callable[[Walker], None]
"""What is to be done with the walk between two frames."""


class GenerationError(Exception):
    """The generator thread met an error that is not the user's to mend."""


@dataclass(frozen=True, kw_only=True)
class GeneratorOptions:
    """How frames are made."""

    fps: float
    walk: WalkOptions = field(default_factory=WalkOptions)
    lead: Lead | None = None
    """Takes the walk to where it begins, unless one goes elsewhere first; its frames are seen and count for nothing."""
    auto: bool = False
    """Whether the number of steps follows the machine."""
    limit: int | None = None
    """Frames after which the thread ends."""
    uncapped: bool = False
    """Make them as fast as this machine can."""


class Generator:
    """Makes frames in its own thread from `start` to `stop`."""

    def __init__(
        self,
        open_world: Callable[[], World],
        sample: Callable[[], Sample],
        options: GeneratorOptions,
        *,
        recording: Recording | None = None,
        forget: Callable[[], None] = lambda: None,
        wake: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare; `wake` is called after each frame and at the end, `say` hears errors in requests.

        `forget` is called when play begins or goes on, for what the hands did before.
        """
        self.stats = StepStats()
        self.startup_ms: float | None = None
        self.first_frame_ms: float | None = None
        self.world: World | None = None
        self.session_steps = 0
        self.error: BaseException | None = None
        self._open_world, self._sample, self._options = open_world, sample, options
        self._recording, self._wake, self._say, self._clock = recording, wake, say, clock
        self._forget = forget
        self._handover = Handover(wake)
        self._pace = Pace(0.0 if options.uncapped else 1.0 / options.fps)
        self._back = Pace(1.0 / options.fps)
        self._rate = Rate()
        self._turns: Turns[Request] = Turns(self._pace, self._back, clock, self._go_on)
        self._past: list[Moment] = []  # on the way back: what is left of it, newest last
        self._behind: Past | None = None  # all of it
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)
        self._waited = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, *, wait: bool = True) -> None:
        """End the thread after the frame it is at; `wait` for it, once: what it is at may take minutes."""
        self._turns.stop()
        if wait and self._thread.ident is not None and not self._waited:
            self._waited = True
            self._thread.join(_JOIN_SECONDS)

    def pause(self, paused: bool) -> None:
        """Make no frames, or go on."""
        self._turns.pause(paused)

    def step_once(self) -> None:
        """Make one frame while paused."""
        self._turns.step_once()

    def rewind(self, rewinding: bool) -> None:
        """Go back frame by frame, or go on from the frame that was reached."""
        self._turns.rewind(rewinding)

    def ask(self, request: Request) -> None:
        """Do something with the walk before the next frame; its newest frame is shown afterwards."""
        self._turns.ask(request)

    def restart(self, scene: str | None = None, *, seed: int | None = None) -> None:
        """Begin again at `scene`, or at the scene of now; its picture comes even while paused."""
        self.ask(lambda walker: walker.begin(scene, seed=seed))

    def take(self) -> Frame | None:
        """Return the newest frame not taken yet; never waits."""
        return self._handover.take()

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be taken."""
        return self._handover.waiting

    @property
    def fps(self) -> float:
        """Rate of the world."""
        return self._options.fps

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
        draw_first()
        try:
            self._generate()
        except BaseException as error:  # handed to the main thread, which raises it
            self.error = error
        finally:
            if self._recording is not None:
                self._recording.end()
            self._wake()

    def _generate(self) -> None:
        self.world = self._open_world()
        walker = Walker(
            self.world,
            self._options.walk,
            fps=self._options.fps,
            recording=self._recording,
            quality=self._quality(self.world),
            clock=self._clock,
        )
        self._be_led(walker)
        self._show(walker)
        self.startup_ms = since_start_ms()
        self._forget()
        made = 0
        while (turn := self._turns.wait(going_back=bool(self._past))) is not Turn.STOP:
            if turn is Turn.REQUEST:
                self._serve(walker)
            elif self._turns.rewinding or self._past:
                self._go_back(walker)
            else:
                self._step(walker)
                made += 1
                if made == self._options.limit:
                    return

    def _be_led(self, walker: Walker) -> None:
        """Show the way to where the walk begins; a request that goes elsewhere ends it."""
        if self._options.lead is None:
            return
        for frame in self._options.lead(walker, self._say):
            self._handover.put(replace(frame, note="") if self._turns.paused else frame)
            departures = walker.departures
            while (turn := self._turns.wait_led()) is Turn.REQUEST:
                self._serve(walker)
                if walker.departures != departures:
                    return
            if turn is Turn.STOP:
                return

    def _quality(self, world: World) -> Quality:
        options, steps = self._options, self._options.walk.steps or world.default_steps
        return Quality(world.allowed_steps, options.fps, steps=steps, auto=options.auto, capped=not options.uncapped)

    def _serve(self, walker: Walker) -> None:
        """Carry out the oldest request; what it left on the screen is shown."""
        request = self._turns.request()
        session, departures = walker.session, walker.departures
        try:
            request(walker)
        except (ArvdError, OSError) as error:
            self._say(str(error))
        if walker.session is not session or walker.departures != departures:
            self._past = []
        if walker.departures != departures:
            self._forget()
        self.world = walker.world
        self._restart_pace()
        self._show(walker)

    def _go_back(self, walker: Walker) -> None:
        """Show the frames of the past at twice their rate; go on from the one that is shown when the key comes up."""
        if not self._past and (past := walker.moments()):
            self._past, self._behind = past, Past.of(past)
            self._restart_pace()
        if self._turns.rewinding and not self._past:
            return  # at the start of it: there is nothing to go back to
        if self._turns.rewinding:
            shown, facts = self._past[-1], walker.facts(self._past[-1])
            del self._past[max(1, len(self._past) - _REWIND_SPEED) :]
            self._handover.put(Frame(shown.pixels, shown.index, shown.action, walk=facts, old=True, past=self._behind))
            return
        if self._past and not walker.go_to(self._past[-1].index):
            self._say(f"back to frame {walker.session.index:,}; {NEAR}")
        self._past = []
        self._go_on()
        self._show(walker)

    def _show(self, walker: Walker) -> None:
        """Put the newest frame on the screen, although it may be no new one."""
        self.session_steps = walker.session.steps
        self._handover.put(Frame(walker.session.frame, walker.session.index, walk=walker.facts()))

    def _step(self, walker: Walker) -> None:
        sample = self._sample()
        pixels, step_ms = walker.step(sample, self._pace.missed)
        ended = self._clock()
        session = walker.session
        self.session_steps = session.steps
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
                turned=sample.turned,
                walk=walker.facts(),
            )
        )

    def _go_on(self, single: bool = False) -> None:
        """Go on after a rest; a `single` frame within one answers what the hands did for it."""
        self._restart_pace()
        if not single:
            self._forget()

    def _restart_pace(self) -> None:
        for pace in (self._pace, self._back):
            pace.restart(self._clock())
        self._rate.pause()
        self.stats.rate.pause()
