"""Drags a file from another program and drops it on a window: the source's part of XDND, version 5."""

import ctypes
from pathlib import Path

from .display import until
from .xlib import CLIENT_MESSAGE, Event, Message, Screen

_SELECTION_REQUEST, _SELECTION_NOTIFY = 30, 31
_VERSION = 5
_URIS = "text/uri-list"


def drop(display: str, window: int, path: Path, at: tuple[int, int]) -> bool:
    """Drop a file at a place on the screen; returns whether the window that takes drops took it."""
    screen = Screen(display)
    try:
        return _Drag(screen, ctypes.c_ulong(window), path).drop(at)
    finally:
        screen.close()


class _Drag:
    """A file under way from a window of its own."""

    def __init__(self, screen: Screen, target: ctypes.c_ulong, path: Path) -> None:
        self._screen, self._target, self._path = screen, target, path
        self._own = screen.window()

    def drop(self, at: tuple[int, int]) -> bool:
        screen, own = self._screen, self._own.value
        assert screen.has(self._target, "XdndAware"), "the window takes no drops"
        selection, copy = screen.atom("XdndSelection"), screen.atom("XdndActionCopy")
        screen.x.XSetSelectionOwner(screen.display, ctypes.c_ulong(selection), self._own, ctypes.c_ulong(0))
        screen.send(self._target, "XdndEnter", own, _VERSION << 24, screen.atom(_URIS))
        screen.send(self._target, "XdndPosition", own, 0, at[0] << 16 | at[1], 0, copy)
        if not self._answer("XdndStatus") & 1:
            screen.send(self._target, "XdndLeave", own)
            return False
        screen.send(self._target, "XdndDrop", own, 0, 0)
        return bool(self._answer("XdndFinished") & 1)

    def _answer(self, kind: str) -> int:
        """Wait for the window's answer, and give it the file when it asks for that; returns the flags of the answer."""
        while True:
            until(lambda: self._screen.waiting, f"the window sent {kind}")
            event = self._screen.next()
            if event.type == _SELECTION_REQUEST:
                self._hand_over(event)
            elif event.type == CLIENT_MESSAGE:
                message = Message.from_buffer(event)
                if message.kind == self._screen.atom(kind):
                    return int(message.data[1])

    def _hand_over(self, event: Event) -> None:
        _, requestor, selection, target, name, time = event.words[:6]
        window = ctypes.c_ulong(requestor)
        assert target == self._screen.atom(_URIS)
        self._screen.put(window, name, target, f"{self._path.as_uri()}\r\n".encode())
        told = Event(type=_SELECTION_NOTIFY)
        told.words[:5] = [requestor, selection, target, name, time]
        self._screen.x.XSendEvent(self._screen.display, window, 0, ctypes.c_long(0), ctypes.byref(told))
        self._screen.x.XFlush(self._screen.display)
