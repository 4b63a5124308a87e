"""A person plays the real game in a window of ours while every frame is recorded with its action.

The game runs in lock-step on a display of its own; the window shows its frames, as they are recorded, and hands on
what the person does. One thread: the game takes far less than a frame's time for a frame.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import pygame

from model.actions import IDLE
from model.errors import DataError
from model.footage.gf_clip import rebuild_annotations
from model.footage.video import read_head

from .client import Game, GameError, Luanti
from .collect import ROOM, opened
from .episode import about, describe
from .hands import Hands
from .installed import Installed
from .places import go_to_place
from .plan import CapturePlan
from .recording import Recording
from .settings import GameSettings
from .window import Window
from .worker import free_port

_HELP = "click: look around   R: record   N: another place   Esc: free the mouse"
POLICY = "person"
"""Who walks, as stored with the clips."""


def play(plan: CapturePlan, folder: Path, installed: Installed) -> int:
    """Let a person play and record clips into `folder` until the window is closed; returns how many.

    Raises:
        DataError: when the folder holds footage of another size or rate, there is no screen, or the game stops.
    """
    with ExitStack() as stack:
        stack.enter_context(opened(folder))
        _refuse_other(plan, folder)
        stack.callback(rebuild_annotations, folder)
        window = stack.enter_context(Window(plan.size))
        window.show(None, "the game starts ...")
        settings = GameSettings(size=plan.size, fps=plan.fps, world_seed=plan.world_seed(0), port=free_port())
        try:
            game = stack.enter_context(Luanti(installed, settings, folder / ROOM / "interactive"))
            return Play(game, window, plan, folder).run()
        except GameError as error:
            raise DataError(f"the game stopped ({error}); start it again") from None


def _refuse_other(plan: CapturePlan, folder: Path) -> None:
    for path in sorted((folder / "video").glob("*.mp4"))[:1]:
        head = read_head(path)
        if (head.height, head.width) != plan.size or abs(head.fps - plan.fps) > 1e-3:
            raise DataError(
                f"{folder}: holds clips of {head.width}x{head.height} at {head.fps:g} frames/s; "
                "give that --size and --fps or choose another folder"
            )


class Play:
    """The loop, until the window is closed."""

    def __init__(self, game: Game, window: Window, plan: CapturePlan, folder: Path) -> None:
        """Play `game` in `window`, record into `folder`."""
        self._game, self._window, self._plan, self._folder = game, window, plan, folder
        self._hands = Hands()
        self._recording: Recording | None = None
        self._recorded = self._visited = 0
        self._looking = self._closed = False

    def run(self) -> int:
        """Play; returns how many clips were recorded."""
        self._go_on()
        due = time.monotonic()
        try:
            while not self._closed:
                action = self._hands.sample()
                self._frame = self._game.step(action)
                if self._recording is not None:
                    self._recording.take(action, self._frame, self._game.surroundings())
                self._show()
                due = max(due + 1 / self._plan.fps, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))
                for event in pygame.event.get():
                    self._hear(event)
        finally:
            self._stop()
        return self._recorded

    def _hear(self, event: pygame.event.Event) -> None:
        key = event.key if event.type == pygame.KEYDOWN else None
        if event.type == pygame.QUIT:
            self._closed = True
        elif event.type == pygame.WINDOWFOCUSLOST or key == pygame.K_ESCAPE:
            self._look(False)
        elif key == pygame.K_r and self._recording is None:
            self._recording = Recording(self._plan, self._folder, self._frame, self._game.surroundings())
        elif key == pygame.K_r:
            self._stop()
        elif key == pygame.K_n:
            self._stop()
            self._go_on()
        elif event.type == pygame.MOUSEBUTTONDOWN and not self._looking:
            self._look(True)
        elif self._looking or event.type in (pygame.KEYDOWN, pygame.KEYUP):
            self._hands.feed(event)

    def _look(self, looking: bool) -> None:
        """Have the mouse turn the camera, or let go of everything."""
        self._looking = looking
        self._hands.clear()
        self._window.hold_mouse(looking)

    def _go_on(self) -> None:
        """Walk on from another place."""
        self._window.show(None, "on the way to another place ...")
        self._place = go_to_place(self._game, self._plan, self._visited)
        self._visited += 1
        self._frame = self._game.step(IDLE)
        self._hands.face_horizon()
        self._closed |= bool(pygame.event.get(pygame.QUIT))
        pygame.event.clear()  # what was pressed meanwhile was not meant for this place

    def _stop(self) -> None:
        """Finish the clip that is being recorded, if one is."""
        if self._recording is not None:
            recording, self._recording = self._recording, None
            extra = about(self._plan, self._game.version, self._place) | {"policy": POLICY}
            recording.finish(describe(self._place, len(recording)), extra)
            self._recorded += 1

    def _show(self) -> None:
        if self._recording is None:
            self._window.show(self._frame, _HELP)
        else:
            seconds = len(self._recording) / self._plan.fps
            self._window.show(self._frame, f"recording {seconds:.1f} s   R: stop", red=True)
