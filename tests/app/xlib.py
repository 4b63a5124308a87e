"""As much of Xlib as tests need to be another program on a screen: events, properties, messages."""

import ctypes
import ctypes.util
from collections.abc import Sequence

CLIENT_MESSAGE = 33
_ATOM, _REPLACE, _NEVER_MIND = 4, 0, 0
_Window = ctypes.c_ulong


class Event(ctypes.Structure):
    """The head of every event, and as words of a machine what follows it."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("sent", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("words", ctypes.c_ulong * 20),
    )


class Message(ctypes.Structure):
    """A message of another program; its event begins in the same way."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("sent", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("kind", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    )


class Screen:
    """A connection to an X server, and its first screen."""

    def __init__(self, name: str) -> None:
        found = ctypes.util.find_library("X11")
        assert found is not None, "there is no Xlib here"
        self.x = ctypes.CDLL(found)
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        for function in ("XDefaultRootWindow", "XInternAtom", "XCreateSimpleWindow"):
            getattr(self.x, function).restype = ctypes.c_ulong
        opened = self.x.XOpenDisplay(name.encode())
        assert opened, f"no display {name}"
        self.display = ctypes.c_void_p(opened)
        self.root = _Window(self.x.XDefaultRootWindow(self.display))

    def atom(self, name: str) -> int:
        """Number of a name."""
        return int(self.x.XInternAtom(self.display, name.encode(), 0))

    def window(self) -> ctypes.c_ulong:
        """Make a window that nobody sees."""
        return _Window(self.x.XCreateSimpleWindow(self.display, self.root, 0, 0, 1, 1, 0, _NEVER_MIND, _NEVER_MIND))

    def put(self, window: ctypes.c_ulong, name: int, kind: int, value: Sequence[int] | bytes) -> None:
        """Set a property to bytes, or to words."""
        wide = not isinstance(value, bytes)
        data = (ctypes.c_long * len(value))(*value) if wide else value
        name_kind = ctypes.c_ulong(name), ctypes.c_ulong(kind)
        self.x.XChangeProperty(self.display, window, *name_kind, 32 if wide else 8, _REPLACE, data, len(value))

    def put_atoms(self, window: ctypes.c_ulong, name: str, *atoms: str) -> None:
        """Set a property to names."""
        self.put(window, self.atom(name), _ATOM, [self.atom(atom) for atom in atoms])

    def has(self, window: ctypes.c_ulong, name: str) -> bool:
        """Whether a window has a property of any kind."""
        kind, form, count, left, data = (ctypes.c_ulong(), ctypes.c_int(), *[ctypes.c_ulong() for _ in range(3)])
        out = [ctypes.byref(value) for value in (kind, form, count, left, data)]
        number = ctypes.c_ulong(self.atom(name))
        nothing = ctypes.c_long(0)
        self.x.XGetWindowProperty(self.display, window, number, nothing, nothing, 0, ctypes.c_ulong(0), *out)
        return kind.value != 0

    def send(self, window: ctypes.c_ulong, kind: str, *data: int) -> None:
        """Send a message to a window."""
        message = Message(type=CLIENT_MESSAGE, window=window, kind=self.atom(kind), format=32)
        message.data[:] = [*data, *[0] * (5 - len(data))]
        self.x.XSendEvent(self.display, window, 0, ctypes.c_long(0), ctypes.byref(message))
        self.x.XFlush(self.display)

    def next(self) -> Event:
        """Wait for an event, without end."""
        event = Message()  # the largest of them, with room to spare
        self.x.XNextEvent(self.display, ctypes.byref(event))
        return Event.from_buffer(event)

    @property
    def waiting(self) -> bool:
        """Whether an event is there."""
        return bool(self.x.XPending(self.display))

    def close(self) -> None:
        """Leave."""
        self.x.XCloseDisplay(self.display)
