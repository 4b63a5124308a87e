"""`python -m tests.app.window_manager DISPLAY`: shows windows, gives them the keyboard, lets them fill the screen.

Where none runs, as under a bare Xvfb, a window that asks for the whole screen asks nobody.
"""

import ctypes
import sys

from .xlib import CLIENT_MESSAGE, Event, Message, Screen

_MAP_REQUEST, _CONFIGURE_REQUEST = 20, 23
_REDIRECT = (1 << 19) | (1 << 20)  # what windows ask for comes here
_WINDOW_KIND = 33
_TO_PARENT = 2


def main(display: str) -> None:
    """Manage windows until killed."""
    screen = Screen(display)
    x, server = screen.x, screen.display
    width, height = x.XDisplayWidth(server, 0), x.XDisplayHeight(server, 0)
    own = screen.window()
    for window in (own, screen.root):
        screen.put(window, screen.atom("_NET_SUPPORTING_WM_CHECK"), _WINDOW_KIND, [own.value])
    screen.put_atoms(screen.root, "_NET_SUPPORTED", "_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN")
    x.XSelectInput(server, screen.root, ctypes.c_long(_REDIRECT))
    x.XSync(server, 0)
    print("ready", flush=True)
    places: dict[int, tuple[int, ...]] = {}  # of windows that do not fill the screen
    filling: set[int] = set()
    while True:
        event = screen.next()
        if event.type == _MAP_REQUEST:
            window = ctypes.c_ulong(event.words[1])
            x.XMapWindow(server, window)
            x.XSetInputFocus(server, window, _TO_PARENT, ctypes.c_ulong(0))
        elif event.type == _CONFIGURE_REQUEST:
            number, asked, named = event.words[1], _four(event), event.words[7]
            before = places.get(number, asked)
            places[number] = tuple(asked[i] if named & (1 << i) else before[i] for i in range(4))
            if number not in filling:
                x.XMoveResizeWindow(server, ctypes.c_ulong(number), *places[number])
        elif event.type == CLIENT_MESSAGE:
            message = Message.from_buffer(event)
            if screen.atom("_NET_WM_STATE_FULLSCREEN") in message.data[1:3]:
                number, fills = message.window, bool(message.data[0])
                (filling.add if fills else filling.discard)(number)
                state = ["_NET_WM_STATE_FULLSCREEN"] * fills
                screen.put_atoms(ctypes.c_ulong(number), "_NET_WM_STATE", *state)
                place = (0, 0, width, height) if fills else places[number]
                x.XMoveResizeWindow(server, ctypes.c_ulong(number), *place)
        x.XFlush(server)


def _four(event: Event) -> tuple[int, ...]:
    """Left, top, width and height that a window asks for."""
    return tuple(ctypes.cast(ctypes.byref(event.words, 16), ctypes.POINTER(ctypes.c_int * 4)).contents)


if __name__ == "__main__":
    main(sys.argv[1])
