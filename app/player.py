"""Play in a window: the main thread hands events on, shows the newest frame, never waits for the model.

Nothing is drawn twice: the loop sleeps until an event, a new frame or a moving overlay asks for a picture,
and shows at most 60 a second. Where a CPU draws, each picture costs the generator time.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import numpy as np
import pygame

from model.actions import Action
from model.world_spec import read_scenes

from . import theme
from .engine import World, open_world
from .generation import Frame, Generator
from .hands_view import coarse, draw_hands
from .headless import run_figures
from .hud import Facts, Hud
from .keys import Hands
from .menu import Choice, Kind, Menu, Page
from .menu_view import MenuView, load_picture
from .options import Options
from .picture import Picture, Sprite
from .report import write_report
from .screens import Hint, loading
from .stats import ScreenStats
from .window import Window, open_window

_SHORTEST_SECONDS = 1 / 60  # between two pictures
_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_BEAT_SECONDS = 0.25  # of the loading screen
_LOADING_LIGHT, _MENU_LIGHT = 0.45, 0.35


def run_window(options: Options, open_world: Callable[[Options], World] = open_world) -> None:
    """Play until the person leaves, a signal comes, or `options.frames` are made; then write the report.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a world that cannot be loaded.
        GenerationError: the generator met anything else.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with open_window(options.size, f"arvd - {options.spec.title}") as window:
        player = Player(options, window, lambda: open_world(options), stop)
        try:
            player.play()
        finally:
            player.close()
        report = player.report()
    if options.report is not None and report is not None:
        write_report(options.report, report)


class Player:
    """Everything the main thread owns, and the generator it looks after."""

    def __init__(
        self, options: Options, window: Window, open_world: Callable[[], World], stop: threading.Event
    ) -> None:
        """Show the loading screen and start the generator."""
        self._options, self._window, self._stop = options, window, stop
        self._scenes = read_scenes(options.world)
        self._hands, self._hud, self._hint = Hands(), Hud(), Hint()
        self._menu = Menu([scene.name for scene in self._scenes])
        self._menu_view = MenuView(options.spec.title, self._scenes)
        self._picture = Picture(window.context)
        self._screen = ScreenStats()
        self._frame: Frame | None = None
        self._since: float | None = None  # oldest input not shown yet
        self._drawn_at = 0.0
        self._stale = True
        self._show_scene_picture()
        self._draw(time.perf_counter())
        self._generator = Generator(
            open_world,
            self._hands.sample,
            fps=options.spec.fps,
            scene=options.scene,
            seed=options.seed,
            steps=options.steps,
            limit=options.frames,
            uncapped=options.uncapped,
            wake=window.wake,
        )
        self._generator.start()

    def play(self) -> None:
        """Run the loop to its end."""
        while not self._stop.is_set() and (self._generator.running or self._generator.waiting):
            for event in self._window.wait_events(self._patience()):
                self._handle(event, time.perf_counter())
            now = time.perf_counter()
            if now - self._drawn_at >= _SHORTEST_SECONDS:
                self._take_frame()
                if self._stale or self._moving(now):
                    self._draw(now)
        self._generator.check()

    def close(self) -> None:
        """Free the mouse and end the generator."""
        self._window.capture(False)
        self._generator.stop()

    def report(self) -> dict[str, object] | None:
        """Return the figures of the run, None if no world was loaded."""
        generator = self._generator
        if generator.world is None or generator.startup_ms is None:
            return None
        return run_figures(self._options, generator.world, generator.session_steps, generator.stats) | {
            "startup_ms": round(generator.startup_ms, 1),
            "first_frame_ms": round(generator.first_frame_ms or 0.0, 1),
            "latency_ms": self._screen.latency.percentiles(50, 95),
            "display_fps": round(self._screen.mean_rate(), 2),
            "dropped": generator.dropped,
            "late": generator.late,
            "window": list(self._window.size),
            "renderer": self._window.renderer,
        }

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        if event.type == pygame.QUIT:
            self._stop.set()
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._hands.clear()
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_F3:
            self._hud.visible = not self._hud.visible
            self._stale = True
        elif self._menu.is_open:
            self._handle_menu(event)
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE:
            self._open_menu()
        elif event.type == pygame.MOUSEBUTTONDOWN and not self._window.captured:
            self._window.capture(True)
            self._stale = True
        elif event.type != pygame.MOUSEMOTION or self._window.captured:
            self._hands.feed(event, now)

    def _handle_menu(self, event: pygame.event.Event) -> None:
        before = (self._menu.page, self._menu.selected)
        choice = self._menu.feed(event, self._window.size)
        self._stale |= before != (self._menu.page, self._menu.selected)
        if choice is not None:
            self._carry_out(choice)

    def _open_menu(self) -> None:
        self._generator.pause(True)
        self._screen.pause()
        self._hands.clear()
        self._window.capture(False)
        self._menu.open()
        self._stale = True

    def _carry_out(self, choice: Choice) -> None:
        if choice.kind is Kind.QUIT:
            self._stop.set()
            return
        if choice.kind is Kind.RESET:
            self._generator.restart()
        elif choice.kind is Kind.SCENE:
            self._generator.restart(choice.scene)
        self._menu.close()
        self._window.capture(True)
        self._generator.pause(False)
        self._stale = True

    def _take_frame(self) -> None:
        frame = self._generator.take()
        if frame is None:
            return
        if self._frame is None and not self._menu.is_open:
            self._window.capture(True)
        self._frame, self._since = frame, frame.since
        self._hud.note_frame(frame)
        self._picture.upload(frame.pixels)
        self._stale = True

    def _draw(self, now: float) -> None:
        size = self._window.size
        light = _LOADING_LIGHT if self._frame is None else _MENU_LIGHT if self._menu.is_open else 1.0
        self._picture.draw(size, self._sprites(size, now), light=light)
        self._window.show()
        shown = time.perf_counter()
        if self._frame is not None and not self._menu.is_open:
            self._screen.note_shown(shown)
        if self._since is not None:
            self._screen.latency.add(1000 * (shown - self._since))
            self._hud.note_latency(1000 * (shown - self._since))
            self._since = None
        self._drawn_at, self._stale = now, False

    def _sprites(self, size: tuple[int, int], now: float) -> list[Sprite]:
        if self._frame is None:
            return loading(self._options.spec.title, size, int(now / _BEAT_SECONDS)) + self._menu_sprites(size)
        if self._menu.is_open:
            return self._menu_sprites(size)
        sprites = self._hud_sprites(size, now) if self._hud.visible else []
        return sprites + self._hint.sprites(size, now, self._window.captured)

    def _menu_sprites(self, size: tuple[int, int]) -> list[Sprite]:
        if self._menu.page is Page.CLOSED:
            return []
        layout = self._menu.layout(size)
        return [Sprite("menu", self._menu_view.surface(self._menu, layout), layout.panel.topleft)]

    def _hud_sprites(self, size: tuple[int, int], now: float) -> list[Sprite]:
        scale = theme.scale_of(size)
        edge = round(20 * scale)
        hands = draw_hands(coarse(self._frame.action if self._frame else Action()), scale)
        return [
            Sprite("hud", self._hud.surface(self._facts(), now, scale), (edge, edge)),
            Sprite("hands", hands, (edge, size[1] - edge - hands.get_height())),
        ]

    def _facts(self) -> Facts:
        generator, spec = self._generator, self._options.spec
        world = generator.world
        engine = f"{world.device} {world.runtime}, {generator.session_steps} steps" if world else "-"
        return Facts(
            title=spec.title,
            scene=generator.scene or self._scenes[0].name,
            seed=generator.seed,
            engine=engine,
            fps=spec.fps,
            shown=self._screen.rate.per_second(),
            dropped=generator.dropped,
            late=generator.late,
        )

    def _show_scene_picture(self) -> None:
        """Put the picture of the first scene behind the loading screen, if it can be read."""
        names = {scene.name: scene.picture for scene in self._scenes}
        path = names.get(self._options.scene or "", self._scenes[0].picture)
        surface = load_picture(path)
        if surface is not None:
            self._picture.upload(np.ascontiguousarray(pygame.surfarray.array3d(surface).swapaxes(0, 1)))

    def _moving(self, now: float) -> bool:
        """Whether the loading screen has to move on."""
        return self._frame is None and int(now / _BEAT_SECONDS) != int(self._drawn_at / _BEAT_SECONDS)

    def _patience(self) -> float:
        """Seconds to wait for an event: short when a picture waits for its turn."""
        if self._stale or self._generator.waiting:
            return max(0.0, _SHORTEST_SECONDS - (time.perf_counter() - self._drawn_at))
        return _BEAT_SECONDS / 2 if self._frame is None else _LONGEST_SECONDS
