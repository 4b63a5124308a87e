"""The settings of now: who shows or uses them hears of a change at once, and the file follows shortly after."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .bindings import Bindings
from .settings import HandsSettings, Loaded, PictureSettings, PlaySettings, Settings, save_settings

_QUIET_SECONDS = 0.6  # a slider that is dragged changes sixty times a second, a disk need not

Listener = Callable[[Settings, Settings], None]
"""Hears the settings before and after a change."""


class Preferences:
    """What a person has chosen; for the main thread alone."""

    def __init__(self, loaded: Loaded, path: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        """Begin with what was read; changes are written to `path`, unless a file is there that could not be read."""
        self.settings = loaded.settings
        self.listeners: list[Listener] = []
        self.vsync_later = False
        """Whether waiting for the screen counts from the next start: some drivers never change it in an open window."""
        self._notes = loaded.brief
        self._kept, self._path, self._clock = loaded.kept, None if loaded.flaw else path, clock
        self._changed_at: float | None = None

    def take_notes(self) -> tuple[str, ...]:
        """Return what there is to say about the file, once."""
        notes, self._notes = self._notes, ()
        return notes

    def bindings(self) -> Bindings:
        """Return which inputs do what right now."""
        return self.settings.hands.all_bindings()

    def change(
        self,
        *,
        hands: HandsSettings | None = None,
        picture: PictureSettings | None = None,
        play: PlaySettings | None = None,
    ) -> None:
        """Choose otherwise."""
        before = self.settings
        self.settings = replace(
            before, hands=hands or before.hands, picture=picture or before.picture, play=play or before.play
        )
        if self.settings != before:
            self._changed_at = self._clock()
            for listener in tuple(self.listeners):
                listener(before, self.settings)

    @property
    def due(self) -> float | None:
        """When `tick` has something to write, in seconds of the clock."""
        return None if self._changed_at is None else self._changed_at + _QUIET_SECONDS

    def tick(self) -> None:
        """Write what has not changed for a moment."""
        if self.due is not None and self._clock() >= self.due:
            self.save()

    def save(self) -> None:
        """Write what changed; raises RunError, once, where the file cannot be written."""
        if self._changed_at is not None:
            self._changed_at = None
            if self._path is not None:
                save_settings(self._path, self.settings, self._kept)
