from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

from app import own_picture
from app.own_picture import begin_in, is_picture, pasted, path_of, picture_of
from app.walker import Walker, WalkOptions
from model.errors import WorldError
from model.pictures import read_picture

from .fakes import FakeSession, FakeWorld

NOW = datetime(2025, 3, 4, 5, 6, 7)
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "holiday in ärvd.png"
    path.write_bytes(PNG)
    return path


def test_paths_come_in_many_forms(file: Path) -> None:
    address = "file://" + str(file).replace(" ", "%20").replace("ä", "%C3%A4")
    for text in (str(file), f"'{file}'", f'  "{file}"\n', address, f"{address}\r\n{address}\r\n", f"# list\n{file}\0"):
        assert path_of(text) == file.resolve()


@pytest.mark.parametrize(
    "text", ["", "\n", "no such file", "n" * 9000, "file:///nothing", "http://x/y.png", "a\0b", "/"]
)
def test_what_names_no_file_is_said(text: str) -> None:
    with pytest.raises(WorldError, match=r"is no file; drop or paste a PNG or JPEG picture$"):
        path_of(text)


def test_a_drop_brings_a_file_and_ctrl_v_does_where_it_may(file: Path) -> None:
    drop = pygame.event.Event(pygame.DROPFILE, file=str(file))
    paste = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_v, mod=pygame.KMOD_LCTRL)
    plain = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_v, mod=0)
    assert is_picture(drop, pasting=False) and picture_of(drop) == file.resolve()
    assert is_picture(paste, pasting=True) and not is_picture(paste, pasting=False)
    assert not is_picture(plain, pasting=True)


class Clipboard:
    def __init__(self, text: bytes = b"", error: bool = False) -> None:
        self.text, self.error = text, error

    def get_init(self) -> bool:
        return True

    def get(self, kind: str) -> bytes | None:
        if self.error:
            raise pygame.error("no clipboard")
        return self.text if kind == "text/plain" else None


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a text, and what the platform's tools find, into the clipboard."""

    def copy(found: object = None, **clipboard: object) -> None:
        def grab() -> object:
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(pygame, "scrap", Clipboard(**clipboard))
        monkeypatch.setattr(own_picture.ImageGrab, "grabclipboard", grab)

    monkeypatch.setattr(own_picture, "pasted_folder", lambda: tmp_path / "kept")
    return copy


def test_a_pasted_path_is_followed(file: Path, copied: Callable[..., None]) -> None:
    copied(text=str(file).encode() + b"\0")
    assert pasted(NOW) == file.resolve()
    copied([str(file)], text=b"words of before")
    assert pasted(NOW) == file.resolve()


def test_a_pasted_picture_is_kept(tmp_path: Path, copied: Callable[..., None]) -> None:
    copied(Image.new("RGBA", (20, 10), (10, 200, 30, 255)), error=True)
    path = pasted(NOW)
    assert path == tmp_path / "kept" / "pasted-20250304-050607.png"
    assert read_picture(path, 8, 8)[0, 0].tolist() == [10, 200, 30]


def test_a_system_without_the_tool_says_which_it_is(copied: Callable[..., None]) -> None:
    copied(NotImplementedError("no tool"))
    with pytest.raises(
        WorldError, match=r"^pictures cannot be pasted here; install xclip \(on Wayland: wl-clipboard\)"
    ):
        pasted(NOW)
    copied(NotImplementedError("no tool"), text=b"some words")
    with pytest.raises(WorldError, match="'some words' is no file"):
        pasted(NOW)


@pytest.mark.parametrize("found", [None, [], OSError("no display")])
def test_a_clipboard_without_a_picture_is_said(copied: Callable[..., None], found: object) -> None:
    copied(found)
    with pytest.raises(WorldError, match="'nothing' is no file; drop or paste a PNG or JPEG picture"):
        pasted(NOW)
    copied(found, text=b"some words")
    with pytest.raises(WorldError, match="is no file; drop or paste a PNG or JPEG picture"):
        pasted(NOW)


class PickyWorld(FakeWorld):
    def start(self, scene: str | None = None, **rest: object) -> FakeSession:
        if scene is not None and scene.endswith("no.png"):
            raise WorldError(f"{scene}: not a readable picture (it is text); give a PNG or JPEG file")
        return super().start(scene, seed=3)


def test_a_walk_begins_in_the_picture_and_stays_where_it_is_without_one(file: Path) -> None:
    world = PickyWorld()
    walker = Walker(world, WalkOptions(), fps=16)
    said: list[str] = []
    begin_in(file, said.append)(walker)
    assert world.starts[-1][0] == walker.scene == str(file) and said == ["begun in holiday in ärvd.png"]
    session = walker.session
    with pytest.raises(WorldError, match=r"^no\.png: not a readable picture"):
        begin_in(file.with_name("no.png"), said.append)(walker)
    assert walker.session is session and walker.scene == str(file) and len(said) == 1
    assert np.array_equal(walker.session.frame, session.frame)
