"""What the window shows and when: the newest frame turned with the mouse, overlays, and how long all that took."""

import time
from collections import deque
from statistics import median

from model.camera import bent_to
from model.world_spec import WorldSpec

from .engine import Pixels
from .handover import Frame, earliest
from .hands import Hands
from .overlays import Counts, Mood, Overlays
from .picture import Picture, Sprite, Turn
from .refresh import Refresh
from .settings import PictureSettings
from .stats import ScreenStats
from .window import Window

_LIGHT = {Mood.LOADING: 0.45, Mood.MENU: 0.35, Mood.PAUSED: 0.8}
_MOST_WARP = 12.0  # degrees; further the frame holds nothing to show
_PREPARED = 15  # frames by which the next one's preparation is judged


class Display:
    """Draws; used by the main thread alone."""

    def __init__(
        self, window: Window, spec: WorldSpec, settings: PictureSettings, overlays: Overlays, hands: Hands
    ) -> None:
        """Draw into `window` what `settings` ask for."""
        self.stats = ScreenStats()
        self.refresh = Refresh(settings.most_fps, window.screen)
        self.frame: Frame | None = None
        self.stale = True
        """Whether what is on the screen is out of date."""
        self.drawn_at = 0.0
        self._window, self._overlays, self._hands = window, overlays, hands
        self._picture = Picture(window.context, field_of_view=spec.field_of_view)
        self._enlarges_now = window.draws_on_processor
        self._prepared: deque[float] = deque([0.0], maxlen=_PREPARED)
        self._since: float | None = None  # oldest input that the frame is the first to answer, not shown yet
        self._moved: float | None = None  # oldest mouse motion that is not on the screen yet
        self.change(settings)

    def change(self, settings: PictureSettings) -> None:
        """Draw otherwise from now on."""
        self._settings = settings
        self.refresh.most = settings.most_fps
        self._overlays.change(settings)
        self._picture.filter = settings.filter
        self.stale = True

    def still(self, pixels: Pixels) -> None:
        """Put a picture behind the loading screen."""
        self._picture.upload(pixels)
        self.stale = True

    def take(self, frame: Frame) -> None:
        """Show a frame from the next picture on.

        A processor that draws would enlarge it within that picture, which then came later than those that only turn
        an old frame: here it does so before.
        """
        began = time.perf_counter()
        self.frame, self._since = frame, earliest(self._since, frame.since)  # one before was perhaps not drawn yet
        self._overlays.note_frame(frame)
        self._picture.upload(frame.pixels)
        if self._enlarges_now:
            self._window.context.finish()
        self._prepared.append(time.perf_counter() - began)
        self.stale = True

    @property
    def preparation(self) -> float:
        """Seconds that `take` needs."""
        return median(self._prepared)

    def note_motion(self, now: float) -> None:
        """Note that the mouse moved at `now` seconds."""
        self._moved = now if self._moved is None else self._moved
        self.stale |= self._warps

    def draw(self, now: float, mood: Mood, menu: list[Sprite], counts: Counts) -> None:
        """Draw everything and put it on the screen."""
        began = time.perf_counter()
        self.refresh.begin(now)
        size = self._window.size
        sprites = self._overlays.sprites(size, now, mood, self.frame, menu, counts, self._window.captured)
        veiled = mood is Mood.REWINDING and not self._settings.reduced_motion
        self._picture.draw(size, sprites, light=_LIGHT.get(mood, 1.0), turn=self._turn(mood), veiled=veiled)
        self._window.show()
        self._note_shown(began, time.perf_counter(), mood)
        self.drawn_at, self.stale = now, False

    def moving(self, now: float, mood: Mood) -> bool:
        """Whether an overlay has to be drawn anew."""
        return self._overlays.moving(now, self.drawn_at, mood)

    def seen(self) -> Pixels:
        """Draw the frame alone and return it (h, w, 3), in the window's size."""
        size = self._window.size
        self._picture.draw(size)
        self.stale = True
        return self._picture.read(size)

    def close(self) -> None:
        """Free the graphics memory."""
        self._picture.release()

    @property
    def _warps(self) -> bool:
        return self._settings.late_warp and not self._settings.reduced_motion

    def _turn(self, mood: Mood) -> Turn:
        """How far the mouse went since the frame that is shown."""
        if not self._warps or mood is not Mood.PLAYING or self.frame is None:
            return Turn()
        return turn_since(self.frame, self._hands)

    def _note_shown(self, began: float, shown: float, mood: Mood) -> None:
        if mood is not Mood.PLAYING:
            if mood is Mood.REWINDING:
                self.stats.note_past(shown)
            else:
                self.stats.pause()
            self._moved = self._since = None
            return
        self.stats.note_shown(shown)
        self.stats.drawn.add(1000 * (shown - began))
        if self._moved is not None and (self._warps or self._since is not None):
            self.stats.camera.add(1000 * (shown - self._moved))
            self._overlays.note_turn(1000 * (shown - self._moved))
            self._moved = None
        if self._since is not None:
            self.stats.latency.add(1000 * (shown - self._since))
            self._overlays.note_latency(1000 * (shown - self._since))
            self._since = None


def turn_since(frame: Frame, hands: Hands) -> Turn:
    """Return how far the mouse turned the camera since a frame that its hands made, as far as the frame has to show.

    Straight up and straight down the camera stays, as it does in the world.
    """
    if frame.turned is None:
        return Turn()
    ahead = hands.ahead_of(frame.turned)
    pitch = frame.walk.pitch if frame.walk is not None else 0.0
    reached = bent_to(pitch + ahead.pitch)
    return Turn(*(max(-_MOST_WARP, min(_MOST_WARP, degrees)) for degrees in (reached - pitch, ahead.yaw)))
