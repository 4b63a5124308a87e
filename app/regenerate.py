"""Makes a replay's frames again from its start and its actions, and compares them with those that were seen."""

from collections.abc import Callable
from dataclasses import dataclass

from model.errors import DataError
from model.footage.replay import START_STATE, Replay, ReplayLine, frame_hash
from model.machine import differences

from .engine import Choice, Pixels, Session, World, open_world
from .replay_options import RegenerateOptions
from .video_out import open_video

_STATE_SLACK = 1 << 16  # bytes by which the words in a saved state may make it longer than another


@dataclass(frozen=True)
class Outcome:
    """What came out of the comparison."""

    frames: int
    """Generated."""
    incomparable: tuple[str, ...] = ()
    """What was chosen otherwise than in the recording, so that other frames are right."""
    elsewhere: tuple[str, ...] = ()
    """How this machine differs from the one that recorded, so that other frames are no fault."""
    first: ReplayLine | None = None
    """First frame that differs."""
    now: str = ""
    """Its hash of now."""

    @property
    def failed(self) -> bool:
        """Whether frames differ that must not."""
        return self.first is not None and not self.elsewhere

    def sentence(self) -> str:
        """Say it."""
        if self.incomparable:
            return f"{self.frames} frames, made otherwise than they were recorded ({'; '.join(self.incomparable)})"
        if self.first is None:
            return f"{self.frames} frames, bit-exact"
        found = f"frame {self.first.index} is the first that differs (hash {self.first.hash}, now {self.now})"
        if self.elsewhere:
            return f"{found}, as it may on another class of machine ({'; '.join(self.elsewhere)})"
        return f"{found}, though world, seed, steps, runtime and class of machine are the same"

    def brief(self) -> str:
        """Say what is otherwise than in the recording, for a glance; empty where nothing is."""
        if self.incomparable:
            return f"made otherwise than recorded ({'; '.join(self.incomparable)})"
        if self.first is None:
            return ""
        why = "; ".join(self.elsewhere)
        return f"it differs from the recording since frame {self.first.index:,}{f' ({why})' if why else ''}"


class Comparison:
    """Holds frames that are made again against those that were seen."""

    def __init__(self, world: World, replay: Replay, steps: int) -> None:
        """Compare frames of `world`, made in `steps` evaluations each, with those of `replay`."""
        header = replay.header
        pairs = (("steps", header.steps, steps), ("runtime", header.runtime, world.runtime))
        self._incomparable = tuple(f"{name} {then} then, {now} now" for name, then, now in pairs if then != now)
        self._elsewhere = tuple(differences(header.machine, world.machine))
        self._first: ReplayLine | None = None
        self._now = ""

    @property
    def differs(self) -> bool:
        """Whether a frame was another one."""
        return self._first is not None

    def note(self, line: ReplayLine, pixels: Pixels) -> None:
        """Take the next frame; nothing is compared where other frames are right, or the picture was lost."""
        if not self._incomparable and not self.differs and line.hash and (made := frame_hash(pixels)) != line.hash:
            self._first, self._now = line, made

    def outcome(self, frames: int) -> Outcome:
        """What came out of `frames` frames."""
        return Outcome(frames, self._incomparable, self._elsewhere, self._first, self._now)


def regenerate(options: RegenerateOptions, open_world: Callable[[Choice], World] = open_world) -> Outcome:
    """Generate `options.frames` frames and write the video, if one is asked for.

    Raises:
        ArvdError: a world that cannot be loaded, a start that is missing or does not fit.
    """
    replay = options.replay
    with open_video(options.out, options.spec, options.frames) as video:
        world = open_world(options)
        session = begin(world, replay, options.steps)
        comparison = Comparison(world, replay, options.steps)
        for line in replay.lines[1 : options.frames + 1]:
            pixels = session.step(line.action)
            video.write(pixels, line.action)
            comparison.note(line, pixels)
            if comparison.differs and options.out is None:
                break
    return comparison.outcome(options.frames)


def begin(world: World, replay: Replay, steps: int) -> Session:
    """Return a session that stands where the replay began.

    Raises:
        ArvdError: when the start is missing, damaged, or of a world or precision that is not this one's.
    """
    start, seed = replay.header.start, replay.header.seed
    if start.kind == "picture":
        return world.start(str(replay.start_picture()), seed=seed, steps=steps)
    session = world.start(seed=seed, steps=steps)
    path = replay.folder / START_STATE
    try:
        if path.stat().st_size > len(session.save()) + _STATE_SLACK:
            raise DataError(f"{path}: is larger than any state of this world; copy the replay again")
        session.load(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); copy the replay again") from None
    session.steps = steps
    return session
