from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pygame
import pytest
from PIL import Image

from app import own_picture
from app.own_picture import Pasting, begin_in, begins_in, is_picture, pasted, path_of
from app.walker import Walker, WalkOptions
from model.errors import WorldError
from model.pictures import read_picture

from .fakes import FakeSession, FakeWorld

NOW = datetime(2025, 3, 4, 5, 6, 7)
PASTE = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_v, mod=pygame.KMOD_LCTRL)
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
    plain = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_v, mod=0)
    assert is_picture(drop, pasting=False)
    assert is_picture(PASTE, pasting=True) and not is_picture(PASTE, pasting=False)
    assert not is_picture(plain, pasting=True)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Puts what the platform's tools find into the clipboard."""

    def copy(found: object) -> None:
        def find(*, needed: bool) -> object:
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(own_picture, "copied_picture", find)

    monkeypatch.setattr(own_picture, "pasted_folder", lambda: tmp_path / "kept")
    return copy


def test_a_pasted_path_is_followed(file: Path, copied: Callable[[object], None]) -> None:
    copied(AssertionError("nobody looks for a picture"))
    assert pasted(f"{file}\0", NOW) == file.resolve()
    copied([str(file)])
    assert pasted("words of before", NOW) == file.resolve()


def test_a_pasted_picture_is_kept(tmp_path: Path, copied: Callable[[object], None]) -> None:
    copied(Image.new("RGBA", (20, 10), (10, 200, 30, 255)))
    path = pasted("", NOW)
    assert path == tmp_path / "kept" / "pasted-20250304-050607.png"
    assert read_picture(path, 8, 8)[0, 0].tolist() == [10, 200, 30]


@pytest.mark.parametrize("found", [None, []])
def test_a_clipboard_without_a_picture_is_said(copied: Callable[[object], None], found: object) -> None:
    copied(found)
    with pytest.raises(WorldError, match="'nothing' is no file; drop or paste a PNG or JPEG picture"):
        pasted("", NOW)
    copied(found)
    with pytest.raises(WorldError, match="is no file; drop or paste a PNG or JPEG picture"):
        pasted("some words", NOW)


class PastingWindow:
    """Ctrl+V in a window: what is asked for, said, and comes as an event."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.said: list[str] = []
        self.pasting = Pasting(self.said.append)

    def take(self, event: pygame.event.Event) -> bool:
        return begins_in(event, self.pasting, self.asked.append, self.said.append)

    def dropped(self) -> list[pygame.event.Event]:
        self.pasting._writer.wait()
        return pygame.event.get(pygame.DROPFILE)


@pytest.fixture
def pasting(monkeypatch: pytest.MonkeyPatch) -> Iterator[PastingWindow]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(own_picture, "copied_text", lambda: "")
    pygame.display.init()
    yield PastingWindow()
    pygame.display.quit()


def test_play_goes_on_while_a_picture_is_fetched_and_then_it_is_as_if_dropped(
    pasting: PastingWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, threads = Event(), set[str]()

    def find(*, needed: bool) -> Image.Image:
        threads.add(current_thread().name)
        assert answers.wait(60)
        return Image.new("RGB", (20, 10), "red")

    monkeypatch.setattr(own_picture, "copied_picture", find)
    monkeypatch.setattr(own_picture, "pasted_folder", lambda: tmp_path)
    assert not pasting.take(PASTE), "it would hang here"
    assert not pasting.asked and not pygame.event.get(pygame.DROPFILE)
    answers.set()
    (drop,) = pasting.dropped()
    assert threads == {"clipboard"} and pasting.take(drop) and len(pasting.asked) == 1 and not pasting.said
    assert Path(drop.file).parent == tmp_path and Path(drop.file).is_file()


def test_why_nothing_is_pasted_is_said(pasting: PastingWindow, copied: Callable[[object], None]) -> None:
    copied(WorldError("it does not answer"))
    assert not pasting.take(PASTE) and not pasting.dropped()
    assert not pasting.take(pygame.event.Event(pygame.DROPFILE, file="nowhere.png"))
    assert pasting.said == ["it does not answer", "'nowhere.png' is no file; drop or paste a PNG or JPEG picture"]
    assert not pasting.asked


def test_a_window_that_is_closed_takes_nothing_and_says_nothing(
    pasting: PastingWindow, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_picture, "copied_text", lambda: str(file))
    pygame.display.quit()
    assert not pasting.take(PASTE)
    pasting.pasting._writer.wait()
    assert not pasting.said


def test_one_picture_is_fetched_at_a_time_and_none_comes_after_the_end(
    pasting: PastingWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person who presses Ctrl+V again waits no longer for it, and what is shown next begins in no old picture."""
    answers, asked = Event(), []

    def find(*, needed: bool) -> Image.Image:
        asked.append(needed)
        assert answers.wait(60)
        return Image.new("RGB", (20, 10), "red")

    monkeypatch.setattr(own_picture, "copied_picture", find)
    monkeypatch.setattr(own_picture, "pasted_folder", lambda: tmp_path)
    for _ in range(3):
        pasting.take(PASTE)
    answers.set()
    pasting.pasting.end()
    assert len(asked) == 1 and len(list(tmp_path.iterdir())) == 1 and not pygame.event.get(pygame.DROPFILE)


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
