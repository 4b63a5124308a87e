"""The browser for real: in its own process under Xvfb, hands and eyes outside of it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pygame
import pytest

from app import theme
from app.browse.layout import Do, Layout, layout_of
from model.footage.edits import Edit, read_edits
from model.footage.video import VideoWriter
from tests.app.display import PATIENCE, ROOT, Desk, Screenshot, count_colour, until, virtual_display
from tests.footage import make_records, write_metadata

SIZE = (800, 480)
COUNT, FPS = 48, 16


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with virtual_display(SIZE) as desk:
        yield desk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two clips whose frames tell their number by their brightness, one reddish, one bluish."""
    root = tmp_path / "own footage"
    for folder in ("metadata", "video"):
        (root / folder).mkdir(parents=True)
    for name, channel in (("one", 0), ("two", 2)):
        frames = np.zeros((COUNT, 48, 80, 3), np.uint8)
        frames[..., channel] = (100 + 3 * np.arange(COUNT))[:, None, None]
        write_metadata(root / "metadata" / f"{name}.json", make_records(COUNT, 0))
        with VideoWriter(root / "video" / f"{name}.mp4", (48, 80), FPS) as writer:
            writer.write(frames)
    return root


@contextmanager
def browsing(desk: Desk, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A browser in a process of its own, with a trash of its own; it is dead at the end, whatever happens."""
    command = [sys.executable, "-m", "app.play", "--browse", str(root), "--size", f"{SIZE[0]}x{SIZE[1]}"]
    environment = desk.environment | {"XDG_DATA_HOME": str(root.parent / "home"), "HOME": str(root.parent)}
    with (root.parent / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
    assert (root.parent / "said").read_text() == ""


def layout() -> Layout:
    return layout_of(SIZE)


def shown(desk: Desk) -> tuple[int, int]:
    """Clip and frame that the picture shows, -1 for none."""
    x, y = layout().picture.center
    red, _, blue = desk.look()[y - 20 : y + 20, x + 60 : x + 100].reshape(-1, 3).astype(float).mean(0)
    brightness = max(red, blue)
    return (-1, -1) if brightness < 60 else (0 if red > blue else 1, round((brightness - 100) / 3))


def part(seen: Screenshot, place: pygame.Rect) -> Screenshot:
    return seen[place.top : place.bottom, place.left : place.right]


def test_scrub_step_cut_tag_delete_undo_and_leave(desk: Desk, root: Path) -> None:
    places = layout()
    with browsing(desk, root) as process:
        until(lambda: shown(desk) == (0, 0), "the first frame was shown")
        until(
            lambda: count_colour(part(desk.look(), places.lanes), (140, 205, 96)) > 100, "the keys that were held came"
        )

        for frame in (40, 7, 23):
            x = places.x_of(frame + 0.5, COUNT)
            desk.hands("mousemove", str(x), str(places.scrub.centery), "click", "1")
            until(lambda frame=frame: abs(shown(desk)[1] - frame) <= 1, f"frame {frame} was shown")  # type: ignore[misc]
        desk.hands("key", "i", "key", "shift+Right", "key", "o")
        until(lambda: read_edits(root) == {"one": Edit(first=23, last=33)}, "the cut was written")
        desk.hands("key", "Home")
        until(lambda: shown(desk) == (-1, -1), "a frame that is cut off is dimmed")

        desk.hands("key", "t")
        desk.hands("type", "wet wood")
        desk.hands("key", "Return")
        until(lambda: read_edits(root)["one"].tags == ("wet wood",), "the tag was written")
        desk.hands("key", "ctrl+z", "key", "ctrl+z", "key", "ctrl+z")
        until(lambda: read_edits(root) == {}, "all was taken back")
        until(lambda: shown(desk) == (0, 0), "nothing is cut off any more")

        x, y = dict(places.buttons)[Do.DETAILS].center
        before = part(desk.look(), places.picture)
        desk.hands("mousemove", str(x), str(y), "click", "1")
        until(lambda: not np.array_equal(part(desk.look(), places.picture), before), "details were shown")
        desk.hands("key", "F3")

        desk.hands("key", "Delete")
        until(lambda: count_colour(part(desk.look(), places.bar), theme.WARN) > 50, "it was asked")
        assert (root / "video" / "one.mp4").exists()
        desk.hands("key", "Delete")
        until(lambda: not (root / "video" / "one.mp4").exists(), "the clip went to the trash")
        until(lambda: shown(desk) == (1, 0), "the next clip was shown")
        kept = [path for path in root.parent.rglob("one*.mp4") if path.is_file()]
        assert len(kept) == 1

        desk.hands("key", "Escape")
        assert process.wait(PATIENCE) == 0


def test_it_plays_and_a_signal_ends_it(desk: Desk, root: Path) -> None:
    with browsing(desk, root) as process:
        until(lambda: shown(desk) == (0, 0), "the first frame was shown")
        desk.hands("key", "space")
        until(lambda: shown(desk)[1] >= COUNT - 2, "it played to the end")
        desk.hands("key", "Down")
        until(lambda: shown(desk) == (1, 0), "the other clip was shown")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
