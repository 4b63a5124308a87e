"""The settings of now: who shows or uses them hears of a change at once, and the file follows shortly after."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from model.errors import RunError

from .bindings import Bindings
from .settings import HandsSettings, Loaded, PictureSettings, PlaySettings, Settings
from .settings_writing import save_settings
from .warn import warn
from .writing import Writer

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
        self._path, self._clock = None if loaded.flaw else path, clock
        self._filed = loaded.settings  # as far as the file has them; once there are jobs, the writer's alone
        self._changed_at: float | None = None
        self._writer, self._fault = Writer("settings", self._hear), ""

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
        """When `tick` has something to write, in seconds of the clock; None also while the disk is still busy."""
        return None if self._changed_at is None or self._writer.left else self._changed_at + _QUIET_SECONDS

    def tick(self) -> None:
        """Have written, in another thread, what has not changed for a moment.

        Raises:
            RunError: once, where the file could not be written the last time.
        """
        if self._writer.left:
            return  # one at a time: what changes meanwhile is written when it is done
        fault, self._fault = self._fault, ""
        if fault:
            raise RunError(fault)
        if self.due is not None and self._clock() >= self.due:
            self._hand_over()

    def save(self) -> None:
        """Wait until all that changed is written; where the file cannot be, stderr says so, and what is shown next.

        What shows now is on its way out.
        """
        self._writer.wait()
        if self._changed_at is not None:
            self._hand_over()
            self._writer.wait()
        fault, self._fault = self._fault, ""
        if fault:
            warn(fault)
            self._notes = (*self._notes, fault)

    def _hand_over(self) -> None:
        self._changed_at, self._fault = None, ""
        path, settings = self._path, self.settings  # as they are now
        if path is not None:
            self._writer.put("the settings", lambda: self._write(path, settings))

    def _write(self, path: Path, settings: Settings) -> str:
        try:
            save_settings(path, settings, self._filed)
        except RunError as error:
            return str(error)
        self._filed = settings
        return ""

    def _hear(self, fault: str) -> None:
        self._fault = fault
