"""Two walks at a time: a generator for each world, one pair of hands for both, and their frames in pairs."""

from collections.abc import Callable
from functools import partial

from model.errors import ArvdError

from ..engine import World
from ..generation import Generator, GeneratorOptions
from ..hands import Sample
from ..walker import Walker, WalkOptions
from .fan_out import FanOut
from .options import DuelOptions, Side
from .pairs import Pair, Pairs
from .rounds import Round, Rounds


class Duel:
    """Runs both generators; for the main thread."""

    def __init__(
        self,
        options: DuelOptions,
        sample: Callable[[], Sample],
        open_world: Callable[[Side], World],
        wake: Callable[[], None],
        say: Callable[[str], None],
        number: int = 1,
    ) -> None:
        """Draw round `number`; `wake` is called for each pair and when a generator ends."""
        self._rounds = Rounds(options.draw, options.starts, blind=options.blind)
        self.round = self._rounds.draw(number)
        self._fan_out, self._pairs, self._wake = FanOut(sample), Pairs(), wake
        self._fault: ArvdError | OSError | None = None
        first, second = (self._generator(side, options, open_world, say) for side in (0, 1))
        self.generators = (first, second)

    def start(self) -> None:
        """Load both worlds and begin."""
        for generator in self.generators:
            generator.start()

    def stop(self) -> None:
        """End both threads: they come to their ends beside each other, so both are told before one is waited for."""
        self._fan_out.close()
        for generator in self.generators:
            generator.stop(wait=False)
        for generator in self.generators:
            generator.stop()

    def pause(self, paused: bool) -> None:
        """Make no frames, or go on."""
        for generator in self.generators:
            generator.pause(paused)

    def step_once(self) -> None:
        """Make one frame in both worlds while paused."""
        for generator in self.generators:
            generator.step_once()

    def begin(self, round_: Round) -> None:
        """Begin a round in both worlds."""
        self.round = round_
        for side, generator in enumerate(self.generators):
            generator.ask(partial(self._begin, side, round_))

    def next_round(self) -> Round:
        """Return the round after this one."""
        return self._rounds.draw(self.round.number + 1)

    def take(self) -> Pair | None:
        """Return the newest pair not taken yet; never waits."""
        return self._pairs.take()

    @property
    def waiting(self) -> bool:
        """Whether a pair is there to be taken."""
        return self._pairs.waiting

    @property
    def running(self) -> bool:
        """Whether more pairs may come."""
        failed = self._fault is not None or any(generator.error is not None for generator in self.generators)
        return not failed and any(generator.running for generator in self.generators)

    def check(self) -> None:
        """Raise the error that ended one of the generators or kept a round from beginning, if one did.

        Raises:
            ArvdError: as the model raised it.
            GenerationError: one sentence about anything else.
        """
        for generator in self.generators:
            generator.check()
        if self._fault is not None:
            raise self._fault

    def _generator(
        self, side: int, options: DuelOptions, open_world: Callable[[Side], World], say: Callable[[str], None]
    ) -> Generator:
        chosen = options.sides[side]
        start = self.round.start
        return Generator(
            lambda: open_world(chosen),
            lambda: self._fan_out.sample(side),
            GeneratorOptions(
                fps=options.fps,
                walk=WalkOptions(scene=str(start.picture), seed=self.round.seed, steps=chosen.steps),
                limit=options.frames,
                uncapped=options.uncapped,
            ),
            wake=lambda: self._landed(side),
            say=say,
        )

    def _begin(self, side: int, round_: Round, walker: Walker) -> None:
        try:
            walker.begin(str(round_.start.picture), seed=round_.seed)
        except (ArvdError, OSError) as error:
            self._fault = error
            self._fan_out.close()
        self._fan_out.begin_anew(side)

    def _landed(self, side: int) -> None:
        """Take a frame over from the generator that has just put it there; in that one's thread."""
        frame = self.generators[side].take()
        if frame is None:  # it has ended, so the other need not wait for it
            self._fan_out.close()
        if frame is None or self._pairs.put(side, frame):
            self._wake()
