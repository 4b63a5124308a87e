"""LeRobot's own code against ours, both ways; it pins an older torch and so needs an interpreter of its own.

Make an environment with `python -m venv ENV` and `ENV/bin/pip install lerobot==0.4.4`, then run this file with
ARVD_LEROBOT_PYTHON=ENV/bin/python.
"""

import json
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.footage.gf_minecraft import GFMinecraft
from training.data import lerobot_writer
from training.data.lerobot import LeRobot
from training.data.lerobot_writer import CAMERA, write_lerobot

PYTHON = os.environ.get("ARVD_LEROBOT_PYTHON")
pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="lerobot pins an older torch; ARVD_LEROBOT_PYTHON names an interpreter that has it"
)

READ = """
import json, sys, numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
root, out = sys.argv[1:]
found = LeRobotDataset("arvd/test", root=root)
frames, actions, rows = [], [], []
for item in (found[i] for i in range(len(found))):
    frames.append((item["observation.images.main"].numpy() * 255).round().astype(np.uint8).transpose(1, 2, 0))
    actions.append(item["action"].numpy())
    rows.append([item[name].item() for name in ("episode_index", "frame_index", "index")] + [item["task"]])
stats = {k: {s: np.asarray(v).tolist() for s, v in table.items()} for k, table in found.meta.stats.items()}
shapes = {k: list(np.asarray(table["mean"]).shape) for k, table in found.meta.stats.items()}
bounds = [[e["dataset_from_index"], e["dataset_to_index"], e["tasks"]] for e in found.meta.episodes]
windows = LeRobotDataset("arvd/test", root=root, episodes=[1], delta_timestamps={"action": [0, 1 / found.fps]})
padded = windows[len(windows) - 1]
np.savez(out, frames=np.stack(frames), actions=np.stack(actions))
print(json.dumps({"fps": found.fps, "names": found.meta.names["action"], "rows": rows, "bounds": bounds, "stats": stats,
                  "shapes": shapes, "second": len(windows), "padding": padded["action_is_pad"].tolist()}))
"""

WRITE = """
import sys, numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
root, out = sys.argv[1:]
names = ["w", "key.s", "yaw", "gripper"]
features = {"action": {"dtype": "float32", "shape": (4,), "names": names},
            "observation.images.eye": {"dtype": "video", "shape": (64, 96, 3), "names": ["height", "width", "channel"]}}
made = LeRobotDataset.create("arvd/made", fps=10, features=features, root=root)
rng = np.random.default_rng(0)
frames, actions = [], []
for episode, count in enumerate((7, 12, 5)):
    for k in range(count):
        frame = np.full((64, 96, 3), 20 * episode + 10 * k, np.uint8)
        action = np.array([k % 2, episode == 1, rng.uniform(-20, 20), 7.5], np.float32)
        made.add_frame({"action": action, "observation.images.eye": frame, "task": f"task {episode}"})
        frames.append(frame)
        actions.append(action)
    made.save_episode()
made.finalize()
np.savez(out, frames=np.stack(frames), actions=np.stack(actions))
"""


def run(code: str, *arguments: Path) -> str:
    assert PYTHON is not None
    home = {"HF_HOME": str(arguments[-1].parent), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [PYTHON, "-c", code, *map(str, arguments)],
        env=os.environ | home, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("seconds", [1024, 3])
def test_lerobot_reads_what_we_write(
    shared_footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(lerobot_writer, "VIDEO_SECONDS", seconds)  # of which 3 hold one or two clips a file
    footage = GFMinecraft(shared_footage)
    write_lerobot(footage, tmp_path / "ours")
    said: dict[str, Any] = json.loads(run(READ, tmp_path / "ours", tmp_path / "read.npz").splitlines()[-1])
    ours, read = LeRobot(tmp_path / "ours"), np.load(tmp_path / "read.npz")
    counts = footage.frame_counts
    begins = np.cumsum([0, *counts])
    assert said["fps"] == 16
    assert [row[:2] for row in said["rows"]] == [[e, k] for e, count in enumerate(counts) for k in range(count)]
    assert [row[2] for row in said["rows"]] == list(range(sum(counts)))
    assert [bound[:2] for bound in said["bounds"]] == [list(pair) for pair in pairwise(begins)]
    assert {row[3] for row in said["rows"]} == {task for bound in said["bounds"] for task in bound[2]}
    for index, (begin, end) in enumerate(pairwise(begins)):
        actions = footage.actions(index)
        assert read["actions"][begin : end - 1].tobytes() == actions[1:].tobytes()
        assert not read["actions"][end - 1].any()
        apart = read["frames"][begin:end].astype(int) - ours.read(index).frames
        # both decode the same pictures and differ in how they turn them into RGB
        assert np.abs(apart).max() <= 3
    assert said["shapes"] == {**{feature: [1] for feature in said["shapes"]}, "action": [11], CAMERA: [3, 1, 1]}
    assert said["stats"]["action"]["max"] == pytest.approx(read["actions"].max(0).tolist())
    assert said["stats"][CAMERA]["mean"] == pytest.approx(read["frames"].mean((0, 1, 2))[:, None, None] / 255, abs=0.01)
    assert said["second"] == counts[1]
    assert said["padding"] == [False, True]


def test_we_read_what_lerobot_writes(tmp_path: Path) -> None:
    run(WRITE, tmp_path / "theirs", tmp_path / "written.npz")
    ours, written = LeRobot(tmp_path / "theirs"), np.load(tmp_path / "written.npz")
    assert ours.frame_counts == (7, 12, 5)
    assert (ours.fps, ours.size) == (10, (64, 96))
    begins = np.cumsum([0, *ours.frame_counts])
    for index, (begin, end) in enumerate(pairwise(begins)):
        clip = ours.read(index)
        assert np.abs(clip.frames.astype(int) - written["frames"][begin:end]).max() <= 8  # AV1
        assert not clip.actions[0].any()
        theirs = written["actions"][begin : end - 1]
        assert np.array_equal(clip.actions[1:, :2], theirs[:, :2])
        assert np.allclose(clip.actions[1:, 10] * 15, theirs[:, 2])
        assert clip.known.tolist() == [True, True] + [False] * 8 + [True]
        assert [(p.start, p.end, p.text) for p in ours.details(index).prompts] == [(0, end - begin, f"task {index}")]
