"""One walk through a world, with its past: all that is done to a session, by the one thread that owns it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.actions import Action

from .engine import Pixels, Session, World
from .fading import Fading
from .handover import WalkFacts
from .hands import Sample
from .origin import Origin, origin_of, with_origin
from .quality import Quality
from .recording import Recording
from .spot import Spot
from .timeline import Moment, Timeline

RECENT_SECONDS = 30.0
_RECENT_BYTES = 256 << 20  # most that frames take which nothing else remembers
NEAR = "computed otherwise now, so near to what it was, not the same to the byte"
"""What is said of a moment that was gone back to, but not to the byte."""

_CARRIED_OVER = 9  # frames that new weights are shown: a sink and a window of the bundled world


@dataclass(frozen=True, kw_only=True)
class WalkOptions:
    """How a walk begins, and how far back it can go."""

    scene: str | None = None
    seed: int = 0
    steps: int | None = None
    """Evaluations per frame; None for the world's own number."""
    rewind_seconds: float = 60.0


class Walker:
    """The session of now, what it remembers, and who looks on. Not safe to share between threads."""

    def __init__(
        self,
        world: World,
        options: WalkOptions,
        *,
        fps: float,
        recording: Recording | None = None,
        quality: Quality | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin at the scene that the options name."""
        self.world = world
        self.scene, self.seed = options.scene, options.seed
        self.quality = quality
        self.departures = 0
        """How often the walk went elsewhere: began anew, went on from a saved state or went back."""
        self._fps, self._clock, self._recording = fps, clock, recording
        self._spot: Spot | None = None  # of the newest frame
        self.timeline = Timeline(max(1, round(options.rewind_seconds * fps)))
        self.fading = Fading(fps)
        self.session = world.start(self.scene, seed=self.seed, steps=options.steps)
        frames = min(round(RECENT_SECONDS * fps), _RECENT_BYTES // self.session.frame.nbytes)
        self.recent: deque[Moment] = deque(maxlen=max(1, frames))
        """The frames of the last half minute as they were made, whatever began anew, was loaded or undone since."""
        self.enter(self.session)

    def begin(self, scene: str | None = None, *, seed: int | None = None) -> None:
        """Begin anew at `scene` with `seed`, or at the scene and the seed of now."""
        session = self.world.start(
            scene or self.scene, seed=self.seed if seed is None else seed, steps=self.session.steps
        )
        self.scene, self.seed = scene or self.scene, session.seed
        self.enter(session)

    def step(self, sample: Sample, missed: int = 0) -> tuple[Pixels, float]:
        """Generate the next frame under what the hands did; returns it and the milliseconds it took."""
        if self._recording is not None:
            self._recording.before_step(self.world, self.session, self.scene, missed, at_scene=self._at_scene)
        started = self._clock()
        pixels = self.session.step(sample.action)
        step_ms = 1000 * (self._clock() - started)
        spot = None
        if self._recording is not None:
            spot = self._recording.after_step(sample.action, pixels, step_ms, focus=sample.focus, missed=missed)
        self._remember(sample.action, pixels, spot)
        # another number of steps would begin another replay: a recording keeps its own
        if self.quality is not None and not (self._recording is not None and self._recording.on):
            self.session.steps = self.quality.steps_after(step_ms)
        return pixels, step_ms

    def repeat(self, action: Action, steps: int) -> Pixels:
        """Generate the next frame as it was made before, in so many `steps`; it is not recorded again."""
        self.session.steps = steps
        pixels = self.session.step(action)
        self._remember(action, pixels)
        return pixels

    def arrive(self) -> None:
        """Be where the frames that were repeated lead to: a quality that was chosen meanwhile counts from here on."""
        if self.quality is not None:
            self.session.steps = self.quality.steps

    def go_to(self, index: int) -> bool:
        """Go back to frame `index`, or as close to it as is remembered; what came after is forgotten.

        Returns whether it is that frame to the byte; one that was computed otherwise is only near to it.
        """
        self._end_replay()
        self.departures += 1
        since = self.timeline.since
        exact = self.timeline.go_to(self.session, index) >= since
        self._at_scene &= exact
        reached = next(self.timeline.moments_back(), None)
        self._spot = reached.spot if reached is not None and exact else None
        self._follow_quality()
        self.fading.note(self.session.index, self.session.frame)
        return exact

    def save(self) -> bytes:
        """Return the whole state, the scene and the runtime with it."""
        return with_origin(self.session.save(), Origin(self.scene or self.world.scenes[0].name, self.world.runtime))

    def load(self, state: bytes) -> bool:
        """Go on from a saved state at its scene, or at that of now where it names none, in its number of steps.

        Returns whether the same actions will give the same bytes again, as far as the state says what computed it.

        Raises:
            StateError: one of another world, or a damaged one; nothing has changed.
        """
        session = self.world.start(seed=self.seed, steps=self.session.steps)  # a picture of one's own may be gone
        fits, origin = session.load(state, exact=False), origin_of(state)
        self.scene, self.seed = origin.scene or self.scene, session.seed
        self.enter(session, at_scene=False)
        self._follow_quality()
        return fits and origin.runtime in (None, self.world.runtime)

    def anchor(self) -> bool | None:
        """Go on from the newest frame that was not dull; whether it is that to the byte, None if none is left."""
        good, oldest = self.fading.last_good, self.timeline.oldest
        if good is None or oldest is None or good < oldest:
            return None
        return self.go_to(good)

    def change_quality(self, by: int) -> None:
        """Draw frames in more (1) or fewer (-1) evaluations from now on; 0 leaves that to the machine's speed."""
        if self.quality is None:
            return
        if by:
            self.session.steps = self.quality.change(by)
        else:
            self.quality.auto = True

    def settle_quality(self, steps: int | None) -> None:
        """Draw frames in so many evaluations from now on, where the world allows it; None for the machine's speed."""
        if self.quality is not None:
            self.session.steps = self.quality.settle(steps)

    def change_world(self, world: World) -> None:
        """Go on in other weights of the same kind of world, with the newest frames for a past.

        The number of steps stays, unless the other world is drawn in other numbers.
        """
        newest = self.moments()[-_CARRIED_OVER:]
        actions = [moment.action for moment in newest] or [Action()]
        frames = np.stack([moment.pixels for moment in newest]) if newest else self.session.frame[None]
        before = self.session.pitch - sum(action.pitch for action in actions)
        drawn_alike = tuple(world.allowed_steps) == tuple(self.world.allowed_steps)
        session = world.start(
            clip=(frames, actions),
            seed=self.seed,
            steps=self.session.steps if drawn_alike else None,
            pitch=max(-90.0, min(90.0, before)),
        )
        self.world = world
        if self.quality is not None and not drawn_alike:
            self.quality.allow(world.allowed_steps, session.steps)
        self.enter(session, at_scene=False)

    def enter(self, session: Session, *, at_scene: bool = True) -> None:
        """Go on in another session of this world, which began `at_scene`: at a picture, and with no other past."""
        self._end_replay()
        self.departures += 1
        self.session, self._at_scene = session, at_scene
        self._spot = None
        self.timeline.begin(session)
        self.fading = Fading(self._fps)
        self.fading.note(session.index, session.frame)

    def change_runtime(self, world: World) -> None:
        """Go on at the same frame in the same world, computed otherwise; raises StateError for another world."""
        session = world.start(seed=self.seed, steps=self.session.steps)
        session.restore(self.session.snapshot(), exact=False)
        self._at_scene = False  # what made the picture's state computes no more
        self.world, self.session = world, session
        self.timeline.go_on(session)

    def facts(self, past: Moment | None = None) -> WalkFacts:
        """What there is to know at the newest frame, or of a `past` one that is looked at."""
        oldest = self.timeline.oldest
        return WalkFacts(
            scene=self.scene,
            seed=self.seed,
            steps=self.session.steps if past is None else past.steps,
            auto=self.quality is not None and self.quality.auto,
            strength=self.fading.strength,
            faded=self.fading.faded,
            reach=0 if oldest is None else self.session.index - oldest,
            past_bytes=self.timeline.nbytes,
            context=self.session.held / self.world.context_frames,
            too_slow=self.quality is not None and self.quality.too_slow,
            fewest=self.quality is not None and self.quality.fewest,
            pitch=self.session.pitch,
            spot=self._spot if past is None else past.spot,
        )

    def moments(self) -> list[Moment]:
        """What can be gone back to, oldest first."""
        return list(self.timeline.moments_back())[::-1]

    def end(self) -> None:
        """Close what is being recorded."""
        self._end_replay()

    def _remember(self, action: Action, pixels: Pixels, spot: Spot | None = None) -> None:
        self._spot = spot
        self.timeline.note(self.session, action, spot)
        self.recent.append(Moment(self.session.index, action, self.session.steps, pixels))
        self.fading.note(self.session.index, pixels)

    def _follow_quality(self) -> None:
        if self.quality is not None:
            self.quality.follow(self.session.steps)

    def _end_replay(self) -> None:
        if self._recording is not None:
            self._recording.end()
