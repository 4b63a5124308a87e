"""An episode: the first frame is what was there, every other one follows its action; the clip says where it is from."""

import json
from pathlib import Path

import numpy as np

from model.actions import Action
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import Encoding
from training.capture.client import Frame
from training.capture.episode import capture_clip, record
from training.capture.plan import CapturePlan

from .fakes import FakeGame

SIZE = (96, 160)


def test_a_frame_stands_beside_the_action_that_led_to_it() -> None:
    game, again = FakeGame(SIZE), FakeGame(SIZE)
    script = iter([Action(yaw=float(k), forward=k % 2 == 0) for k in range(1, 6)])
    frames: list[Frame] = []
    walked = record(game, lambda _: next(script), 6, frames.append)
    assert len(frames) == len(walked.actions) == len(walked.positions) == 6
    assert not walked.actions[0].any()
    for frame, vector in zip(frames, walked.actions, strict=True):
        assert np.array_equal(frame, again.step(Action.from_vector(vector)))
    assert walked.positions[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_clip_is_what_was_done_and_says_where_it_is_from(tmp_path: Path) -> None:
    plan = CapturePlan(clips=30, frames=40, seed=9)
    game = FakeGame(SIZE, plan.world_seed(12))
    details = capture_clip(game, plan, 12, tmp_path, Encoding())
    name = plan.name(12)
    clip = GFMinecraft(tmp_path).read(0)
    done = np.stack([action.vector() for action in game.done[-39:]])
    assert clip.name == name
    assert clip.actions[1:].tobytes() == done.tobytes()
    document = json.loads((tmp_path / "metadata" / f"{name}.json").read_text())
    assert document["world_seed"] == plan.world_seed(12)
    assert (document["engine"], document["policy"], document["clip"]) == ("0.0.0", "random walk", 12)
    assert plan.times[0] <= document["time_of_day"] <= plan.times[1]
    assert document["biome"] == details.biome == "grassland"
    assert "CC BY-SA" in document["licence"]
    assert [(prompt.start, prompt.end) for prompt in details.prompts] == [(0, 40)]


def test_a_clip_is_the_same_whoever_makes_it(tmp_path: Path) -> None:
    plan = CapturePlan(clips=30, frames=20, seed=9)
    made = []
    for who in ("a", "b"):
        game = FakeGame(SIZE, plan.world_seed(4))
        if who == "b":
            capture_clip(game, plan, 3, tmp_path / who, Encoding())
        capture_clip(game, plan, 4, tmp_path / who, Encoding())
        made.append((tmp_path / who / "metadata" / f"{plan.name(4)}.json").read_bytes())
    a, b = (json.loads(text)["actions"] for text in made)
    assert [record["keys"] for record in a.values()] == [record["keys"] for record in b.values()]
    assert [record["yaw_delta"] for record in a.values()] == [record["yaw_delta"] for record in b.values()]
