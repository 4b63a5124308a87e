"""Plays a replay back in a window: its video, the hands over it, a bar to scrub along."""

import signal
import threading
import time
from types import FrameType

import pygame

from .browse.playhead import Playhead
from .picture import Picture
from .replay_frames import ReplayFrames
from .replay_options import ReplayOptions
from .replay_view import ReplayView, layout
from .window import Window, open_window

_SHORTEST_SECONDS = 1 / 60  # between two pictures
_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_REPEAT_MS = (350, 60)  # a held key: the first pause, the others
_KEYS = {pygame.K_LEFT: -1, pygame.K_RIGHT: 1, pygame.K_HOME: -(1 << 30), pygame.K_END: 1 << 30}


def run_replay(options: ReplayOptions) -> None:
    """Show the replay until the person leaves or a signal comes.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a video that does not decode.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with ReplayFrames(options.replay) as frames, open_window(options.size, f"arvd - {options.replay.name}") as window:
        pygame.key.set_repeat(*_REPEAT_MS)
        ReplayPlayer(options, frames, window, stop).play()


class ReplayPlayer:
    """What a person sees of a replay and does with it."""

    def __init__(self, options: ReplayOptions, frames: ReplayFrames, window: Window, stop: threading.Event) -> None:
        """Begin to play at the first picture."""
        self._frames, self._window, self._stop = frames, window, stop
        count = min(frames.count, options.frames + 1)
        self._head = Playhead(options.replay.header.fps)
        self._head.load(count)
        self._head.toggle(time.perf_counter(), 0)
        self._view = ReplayView(options.replay, count)
        self._picture = Picture(window.context)
        self._shown: int | None = None
        self._scrubbing = False
        self._covered = True  # by name, hands and bar
        self._stale = True
        self._drawn_at = 0.0

    def play(self) -> None:
        """Run the loop to its end."""
        while not self._stop.is_set():
            for event in self._window.wait_events(self._patience()):
                self._handle(event, time.perf_counter())
            now = time.perf_counter()
            self._head.tick(now)
            if (self._stale or self._head.frame != self._shown) and now - self._drawn_at >= _SHORTEST_SECONDS:
                self._draw(now)

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        if event.type == pygame.QUIT:
            self._stop.set()
        elif event.type == pygame.KEYDOWN:
            self._press(event.key, now)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            self._click(event.pos, now)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
            self._scrubbing = False
        elif event.type == pygame.MOUSEMOTION and self._scrubbing:
            self._scrub(event.pos[0])
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True

    def _press(self, key: int, now: float) -> None:
        if key == pygame.K_ESCAPE:
            self._stop.set()
        elif key == pygame.K_SPACE:
            self._head.toggle(now, 0)
        elif key in _KEYS:
            self._head.step(_KEYS[key])
        elif key == pygame.K_F3:
            self._covered = not self._covered
        self._stale = True

    def _click(self, place: tuple[int, int], now: float) -> None:
        places = layout(self._window.size)
        if not self._covered or not places.bar.collidepoint(place):
            return
        if place[0] < places.track.left - places.button.width * 2:
            self._head.toggle(now, 0)
            self._stale = True
        else:
            self._scrubbing = True
            self._scrub(place[0])

    def _scrub(self, x: int) -> None:
        self._head.seek(layout(self._window.size).frame_at(x, self._head.count))
        self._stale = True

    def _draw(self, now: float) -> None:
        size, frame = self._window.size, self._head.frame
        if frame != self._shown:
            self._picture.upload(self._frames.picture(frame))
        sprites = self._view.sprites(size, frame, self._head.playing) if self._covered else []
        self._picture.draw(size, sprites)
        self._window.show()
        self._shown, self._drawn_at, self._stale = frame, now, False

    def _patience(self) -> float:
        """Seconds to wait for an event."""
        now = time.perf_counter()
        if self._stale:
            return max(0.0, _SHORTEST_SECONDS - (now - self._drawn_at))
        due = self._head.due(now)
        return _LONGEST_SECONDS if due is None else min(due, _LONGEST_SECONDS)
