import sys
from collections.abc import Callable
from pathlib import Path

import pygame
import pytest
from PIL import Image

from app import clipboard
from app.clipboard import copied_picture, copied_text
from model.errors import WorldError

pytestmark = pytest.mark.skipif(
    sys.platform in ("darwin", "win32"), reason="there the platform has no tool to stand in"
)

Tool = Callable[..., None]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Puts a script where the only tool is looked for, on a desktop of either kind."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(script: str, name: str = "xclip") -> None:
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0" if name == "wl-paste" else "")
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


@pytest.mark.parametrize("name", ["xclip", "wl-paste"])
def test_a_picture_comes_from_the_tool_of_the_desktop(tool: Tool, tmp_path: Path, name: str) -> None:
    Image.new("RGB", (20, 10), (10, 200, 30)).save(tmp_path / "green.png")
    tool(f"exec /bin/cat '{tmp_path / 'green.png'}'", name)
    found = copied_picture(needed=True)
    assert isinstance(found, Image.Image) and found.size == (20, 10) and found.getpixel((0, 0)) == (10, 200, 30)


@pytest.mark.parametrize("script", ["exit 1", "echo words", "exit 0"])
def test_what_is_no_picture_is_none(tool: Tool, script: str) -> None:
    tool(script)
    assert copied_picture(needed=True) is None


def test_a_program_that_does_not_answer_is_not_waited_for(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool("exec /bin/sleep 600")
    monkeypatch.setattr(clipboard, "_SECONDS", 0.2)
    with pytest.raises(WorldError, match=r"does not answer; copy it again, or drop the picture's file$"):
        copied_picture(needed=False)


def test_a_system_without_the_tool_says_which_it_is_if_nothing_else_is_there(tool: Tool) -> None:
    tool("exit 0", "something else")
    assert copied_picture(needed=False) is None
    with pytest.raises(
        WorldError, match=r"^pictures cannot be pasted here; install xclip \(on Wayland: wl-clipboard\)"
    ):
        copied_picture(needed=True)


class Scrap:
    def __init__(self, text: bytes = b"", error: bool = False) -> None:
        self.text, self.error = text, error

    def get_init(self) -> bool:
        return True

    def get(self, kind: str) -> bytes | None:
        if self.error:
            raise pygame.error("no clipboard")
        return self.text if kind == "text/plain" else None


def test_words_are_read_where_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    for scrap, words in ((Scrap(b"\xc3\xa4\xff"), "\u00e4\ufffd"), (Scrap(), ""), (Scrap(error=True), "")):
        monkeypatch.setattr(pygame, "scrap", scrap)
        assert copied_text() == words
