"""Which frames of which session become replays: begins, feeds and ends them for the generator.

A replay is one unbroken walk: a new start begins another one. Recording that begins in the midst of a walk takes the
session's state along, so that every replay can be generated again.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from model.actions import Action
from model.footage.replay import ReplayHeader, ReplayStart
from model.world_spec import WorldSpec

from .engine import Pixels, Session, World
from .options import Options
from .record_options import DEFAULT_BUDGET
from .recorder import Begin, Recorder, Taken
from .spot import Spot
from .warn import warn


class Recording:
    """`toggle` is for any thread, the rest for the one that owns the session."""

    def __init__(
        self,
        recorder: Recorder,
        spec: WorldSpec,
        *,
        wanted: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Record into `recorder` once it is `wanted`."""
        self.recorder = recorder
        self._spec, self._wanted, self._clock = spec, wanted, clock
        self._at: tuple[Session, int, int] | None = None  # session, index and steps that the replay goes on from
        self._anew = False  # what was given up is asked for again
        self._began = 0.0
        self._missed = 0

    @property
    def on(self) -> bool:
        """Whether frames are being recorded."""
        return self._at is not None and self.recorder.recording

    @property
    def wanted(self) -> bool:
        """Whether frames are recorded or will be from the next one on, which a pause or a rewind may put off."""
        return self._wanted and (self._anew or not self._given_up)

    def toggle(self) -> None:
        """Ask for a recording, or for its end, before the next frame."""
        wanted = not self.wanted
        self._anew = self._given_up
        self._wanted = wanted

    def describe(self, spec: WorldSpec) -> None:
        """Say of replays that begin from now on that they are of another world."""
        self._spec = spec

    def before_step(
        self, world: World, session: Session, scene: str | None, missed: int = 0, *, at_scene: bool = True
    ) -> None:
        """Begin or end a replay if it is time for it; `missed` frames were left out so far.

        A session that did not begin `at_scene`, at a picture alone, is recorded with its state from the first frame on.
        """
        if self._given_up and not self._anew:  # recording on is for the person to ask for
            self._wanted = False
        if self._anew or not self._wanted:
            self.end()
            self._anew = False
        if self._wanted and self._at != (session, session.index, session.steps):
            self._begin(world, session, scene, missed, begun=at_scene and session.index == 0)

    def after_step(
        self, action: Action, pixels: Pixels, step_ms: float, *, focus: bool = True, missed: int = 0
    ) -> Spot | None:
        """Hand on the frame that `action` led to; returns where it stands in a replay, None if it is not recorded."""
        if self._at is None:
            return None
        session, index, steps = self._at
        self._at = (session, index + 1, steps)
        since, late, self._missed = self._clock() - self._began, missed - self._missed, missed
        return self.recorder.put(Taken(action, pixels, since, step_ms, focus, late))

    def end(self) -> None:
        """End the replay, if there is one: what comes next does not go on from its last frame."""
        if self._at is not None:
            self._at = None
            self.recorder.end()

    @property
    def _given_up(self) -> bool:
        """Whether the recorder takes nothing more of the replay that was begun."""
        return self._at is not None and not self.recorder.recording

    def _begin(self, world: World, session: Session, scene: str | None, missed: int, *, begun: bool) -> None:
        place = Path(scene).name if scene is not None else world.scenes[0].name
        start = ReplayStart(kind="picture" if begun else "state", scene=_shown(place), index=session.index)
        header = ReplayHeader(
            world=_shown(self._spec.name),
            world_hash=world.hash,
            width=self._spec.width,
            height=self._spec.height,
            fps=self._spec.fps,
            seed=session.seed,
            sampler=self._spec.sampler.kind,
            steps=session.steps,
            runtime=world.runtime,
            recorded=datetime.now().astimezone().isoformat(timespec="seconds"),
            start=start,
            machine=world.machine,
            learned=self._spec.actions,
        )
        self._at, self._missed = (session, session.index, session.steps), missed
        self.recorder.begin(Begin(header, session.frame, None if begun else session.save()))
        self._began = self._clock()


@contextmanager
def open_recording(options: Options, *, patient: bool = False) -> Iterator[Recording]:
    """Record into the folder of `options`; at the end all is on the disk, and stdout says where.

    With `patient` the disk may hold the player up, else pictures are dropped.
    """
    budget = options.record_budget or DEFAULT_BUDGET
    recorder = Recorder(options.record_folder, budget=budget, patient=patient, say=warn)
    try:
        yield Recording(recorder, options.spec, wanted=options.record)
    finally:
        recorder.close()
        if recorder.written:
            where = recorder.written[0] if len(recorder.written) == 1 else f"{len(recorder.written)} replays"
            lost = f", {recorder.dropped} pictures lost to a slow disk" if recorder.dropped else ""
            with contextlib.suppress(OSError):  # what was recorded is whole, whether it can be said or not
                print(f"recorded {recorder.frames} frames in {where}{lost}", flush=True)


def _shown(name: str) -> str:
    """Return a name that can be shown anywhere; it tells a person something and the program nothing."""
    return "".join(letter for letter in name if letter.isprintable())[:100]
