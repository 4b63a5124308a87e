"""A run goes on with the footage that it began with, and says at once when it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import DataError, RunError
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import make_frames, make_records, write_clip, write_metadata, write_video
from training.data.resized import ResizedDataset
from training.footage import in_order, known_footage

from .micro import micro_chain


def only_walking(root: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        records = [record | {"scs": 0} for record in make_records(12, seed)]
        write_metadata(root / "metadata" / f"{name}.json", records)


def faster(root: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        write_video(root / "video" / f"{name}.mp4", make_frames(make_records(12, seed), seed), fps=20)


def test_rate_and_keys_are_known_without_decoding(footage: Path) -> None:
    known = known_footage(GFMinecraft(footage), 12)
    assert known["fps"] == 16 and known["keys"] == ["forward", "back", "left", "right", "jump", "sneak", "sprint"]
    assert json.loads(json.dumps(known)) == known
    only_walking(footage)
    after = known_footage(ResizedDataset(GFMinecraft(footage), (16, 24)), 12)
    assert after["keys"] == ["forward", "back", "left", "right"] and after["dataset"] != known["dataset"]


def test_keys_come_in_their_own_order_and_only_once() -> None:
    assert in_order(["use", "forward", "use", "camera"]) == ("forward", "use") and in_order(()) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (faster, r"fps: was 16\.0, now 20\.0"),
        (only_walking, r"keys: was \['forward', .*'sprint'\], now \['forward', 'back', 'left', 'right'\]"),
    ],
)
def test_other_footage_is_refused_by_what_differs(
    change: Callable[[Path], None], said: str, footage: Path, tmp_path: Path
) -> None:
    root = tmp_path / "run"
    assert not micro_chain(footage, root, lambda: True).autoencoder()
    change(footage)
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    with pytest.raises(RunError, match=f"other footage .*{said}.*; resume with that or use another folder"):
        micro_chain(footage, root).autoencoder()
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == before


def test_a_clip_too_short_for_a_later_stage_is_refused_before_the_first(footage: Path, tmp_path: Path) -> None:
    write_clip(footage, "short", 5)
    with pytest.raises(DataError, match="short: has 5 frames, but the recipe trains on clips of 6"):
        micro_chain(footage, tmp_path / "run").autoencoder()
    assert not (tmp_path / "run").exists()
