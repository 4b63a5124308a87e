"""Plays a replay back in a window: its video, the hands over it, a bar to scrub along, a key to play on from there."""

import time
from collections.abc import Callable

import numpy as np
import pygame

from model.errors import ArvdError, DataError

from .browse.playhead import Playhead
from .engine import Pixels, World, open_world
from .in_window import play_on
from .options import Options
from .picture import Picture
from .refresh import Refresh
from .replay_frames import ReplayFrames
from .replay_options import ReplayOptions
from .replay_view import Layout, ReplayView, layout
from .seat import Seat, open_seat
from .toasts import Toasts
from .warn import warn

_PICTURES_A_SECOND = 60
_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_REPEAT_MS = (350, 60)  # a held key: the first pause, the others
_PADS = {
    "pad a": "space",
    "pad b": "escape",
    "pad start": "b",
    "pad y": "f3",
    "pad left": "left",
    "pad right": "right",
}
"""Keys whose work the buttons of a pad do."""
_STEPS = {"left": -1, "right": 1, "home": -(1 << 30), "end": 1 << 30}


def run_replay(options: ReplayOptions, open_world: Callable[[Options], World] = open_world) -> None:
    """Show the replay, and play on from one of its frames, until the person leaves or a signal comes.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a file that is no video, a world that cannot be loaded.
        GenerationError: making frames failed otherwise.
    """
    with ReplayFrames(options.replay) as frames, open_seat(options.size, f"arvd - {options.replay.name}") as seat:
        pygame.key.set_repeat(*_REPEAT_MS)
        player = ReplayPlayer(options, frames, seat)
        branch = player.play()
        player.close()
        pygame.key.set_repeat()  # from here on a key that is held is pressed once
        play_on(branch, seat, open_world)


class ReplayPlayer:
    """What a person sees of a replay and does with it."""

    def __init__(self, options: ReplayOptions, frames: ReplayFrames, seat: Seat) -> None:
        """Begin to play at the first picture."""
        self._options, self._frames, self._window, self._stop = options, frames, seat.window, seat.stop
        self._inputs = seat.inputs
        picture = seat.preferences.settings.picture
        self._text_scale = picture.text_scale
        count = min(frames.count, options.frames + 1)
        self._head = Playhead(options.replay.header.fps)
        self._head.load(count)
        self._head.toggle(time.perf_counter(), 0)
        self._view = ReplayView(options.replay, count)
        self._toasts = Toasts(seat.window.wake)
        self._toasts.still = picture.reduced_motion
        if lack := frames.lack(options.frames):
            warn(f"{options.replay.folder}: {lack}")
            self._toasts.say(lack)
        self._picture = Picture(seat.window.context)
        self._picture.filter = picture.filter
        self._branch: Options | None = None
        self._shown: int | None = None
        self._scrubbing = self._in_gap = False
        self._covered = True  # by name, hands, keys and bar
        self._stale = True
        self._refresh = Refresh(_PICTURES_A_SECOND)

    def play(self) -> Options | None:
        """Run the loop to its end; returns what is to be played on, None when the person leaves."""
        while not self._stop.is_set() and self._branch is None:
            for event in self._window.wait_events(self._patience()):
                self._handle(event, time.perf_counter())
            now = time.perf_counter()
            self._head.tick(now)
            if (self._stale or self._head.frame != self._shown or self._toasts.moving(now)) and self._refresh.due(now):
                self._draw(now)
        return self._branch

    def close(self) -> None:
        """Free the graphics memory."""
        self._picture.release()

    @property
    def _layout(self) -> Layout:
        return layout(self._window.size, self._text_scale)

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        names = tuple(self._inputs.changes(event))  # pads that are there already say so now, and only once
        if event.type == pygame.QUIT:
            self._stop.set()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            self._click(event.pos, now)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
            self._scrubbing = False
        elif event.type == pygame.MOUSEMOTION and self._scrubbing:
            self._scrub(event.pos[0])
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        else:
            for name in (name for name, down in names if down):
                self._press(_PADS.get(name, name), now)

    def _press(self, key: str, now: float) -> None:
        if key == "escape":
            self._stop.set()
        elif key == "space":
            self._head.toggle(now, 0)
        elif key in _STEPS:
            self._head.step(_STEPS[key])
        elif key == "f3":
            self._covered = not self._covered
        elif key == "b":
            self._play_on()
        self._stale = True

    def _play_on(self) -> None:
        """Leave the replay where it is, to be played on; where its world is not here, that is said."""
        try:
            self._branch = self._options.branch(self._head.frame)
        except ArvdError as error:
            self._toasts.say(str(error))

    def _click(self, place: tuple[int, int], now: float) -> None:
        places = self._layout
        if not self._covered or not places.bar.collidepoint(place):
            return
        if place[0] < places.track.left - places.button.width * 2:
            self._head.toggle(now, 0)
            self._stale = True
        else:
            self._scrubbing = True
            self._scrub(place[0])

    def _scrub(self, x: int) -> None:
        self._head.seek(self._layout.frame_at(x, self._head.count))
        self._stale = True

    def _draw(self, now: float) -> None:
        self._refresh.begin(now)
        size, frame = self._window.size, self._head.frame
        if frame != self._shown:
            self._picture.upload(self._picture_of(frame))
        places = self._layout
        sprites = []
        if self._covered:
            sprites = self._view.sprites(places, frame, self._head.playing, by_pad=self._inputs.by_pad)
        self._picture.draw(size, sprites + self._toasts.sprites(places.room, now, places.scale))
        self._window.show()
        self._shown, self._stale = frame, False

    def _picture_of(self, frame: int) -> Pixels:
        """Return a picture, darkness for one that is damaged; of each gap the first one that is met is told of."""
        try:
            pixels = self._frames.picture(frame)
        except DataError:
            if not self._in_gap:
                self._toasts.say(f"the video is damaged at frame {frame:,}; copy the replay again to see it")
            self._in_gap = True
            header = self._options.replay.header
            return np.zeros((header.height, header.width, 3), np.uint8)
        self._in_gap = False
        return pixels

    def _patience(self) -> float:
        """Seconds to wait for an event."""
        now = time.perf_counter()
        if self._stale or self._toasts.moving(now):
            return self._refresh.remaining(now)
        due = self._head.due(now)
        return _LONGEST_SECONDS if due is None else min(due, _LONGEST_SECONDS)
