"""`python -m tests.app.virtual_pad WORDS...`: the player in a window, and a pad that SDL makes up.

What is done to the pad comes line by line from standard input: `plug`, `unplug`, `press a`, `lift a`, `push lefty -1`
(of its way). The world is one that remembers what came; at the end one line of JSON says what that was. With `--versus`
worlds are those that are named, and the votes tell.
"""

import ctypes
import json
import sys
import threading
import time

import pygame

from app.duel.options import check_duel
from app.duel.run import run_duel
from app.engine import World
from app.in_window import run_window
from app.options import Options, build_parser, check
from app.sdl import sdl
from app.toasts import Toasts

from .fakes import FakeWorld

_BUTTONS = ("a", "b", "x", "y", "back", "guide", "start", "left stick", "right stick", "left shoulder",
            "right shoulder", "up", "down", "left", "right")  # fmt: skip
_AXES = ("leftx", "lefty", "rightx", "righty", "lefttrigger", "righttrigger")
_GAME_CONTROLLER, _FULL, _LOOK_SECONDS = 1, 32767, 0.02


class VirtualPad:
    """A pad that is plugged in and moved by this program itself."""

    def __init__(self) -> None:
        library = sdl()
        assert library is not None, "pygame has loaded SDL"
        self._sdl = library
        self._sdl.SDL_JoystickFromInstanceID.restype = ctypes.c_void_p
        for function in ("SDL_JoystickSetVirtualButton", "SDL_JoystickSetVirtualAxis"):
            getattr(self._sdl, function).argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int16)
        self._index = self._instance = -1

    def obey(self, words: list[str]) -> None:
        """Do what a line says."""
        what, name = words[0], " ".join(words[1:2] if words[0] == "push" else words[1:])
        if what == "plug":
            self._index = self._sdl.SDL_JoystickAttachVirtual(_GAME_CONTROLLER, len(_AXES), len(_BUTTONS), 0)
            self._instance = self._sdl.SDL_JoystickGetDeviceInstanceID(self._index)
        elif what == "unplug":
            self._sdl.SDL_JoystickDetachVirtual(self._index)
        elif what == "push":
            self._sdl.SDL_JoystickSetVirtualAxis(self._opened(), _AXES.index(name), round(float(words[2]) * _FULL))
        else:
            self._sdl.SDL_JoystickSetVirtualButton(self._opened(), _BUTTONS.index(name), int(what == "press"))

    def _opened(self) -> ctypes.c_void_p:
        """Wait until the player has opened it."""
        while not (pad := self._sdl.SDL_JoystickFromInstanceID(self._instance)):
            time.sleep(_LOOK_SECONDS)
        return ctypes.c_void_p(pad)


def main() -> None:
    """Play until the window is closed."""
    arguments = build_parser().parse_args(sys.argv[1:])
    world, said, opened = FakeWorld(), [], []
    say = Toasts.say

    def overhear(toasts: Toasts, sentence: str) -> None:
        said.append(sentence)
        say(toasts, sentence)

    def open_world(options: Options) -> World:
        opened.append(options.scene)
        return world

    def obey() -> None:
        while not pygame.joystick.get_init() and not pygame._sdl2.controller.get_init():
            time.sleep(_LOOK_SECONDS)
        pad = VirtualPad()
        for line in sys.stdin:
            pad.obey(line.split())

    threading.Thread(target=obey, daemon=True).start()
    Toasts.say = overhear  # type: ignore[method-assign]  # what is only seen for a while
    if arguments.versus is not None:
        run_duel(check_duel(arguments))
        return
    run_window(check(arguments), open_world)
    actions = [(action.forward, action.yaw) for session in world.sessions for action in session.actions]
    print(json.dumps({"scenes": opened, "said": said, "actions": actions}))


if __name__ == "__main__":
    main()
