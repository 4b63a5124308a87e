from dataclasses import replace

import numpy as np

from model.footage.clip import Clip
from training.data.check.observation import observe_clip
from training.data.check.pictures import picture_findings

from .scene import play


def test_a_still_picture_before_a_still_camera_is_play() -> None:
    clip = play(80, 4)
    frames, actions = clip.frames.copy(), clip.actions.copy()
    frames[30:60], actions[30:60] = frames[29], 0
    actions[30:60, 0] = 1  # a wall is in the way
    actions[60, -2:] = 0
    frames[60:] = frames[29]
    actions[60:, -2:] = 0
    assert picture_findings(observe_clip(Clip("wall", frames, actions))) == []


def test_a_dark_cave_is_not_black() -> None:
    clip = play(40, 4)
    assert picture_findings(observe_clip(replace(clip, frames=clip.frames // 16))) == []
    black = picture_findings(observe_clip(replace(clip, frames=clip.frames // 128)))
    assert [(finding.kind, finding.frames) for finding in black] == [("black frames", (0, 40))]


def test_black_that_a_recorder_writes_as_16_is_black() -> None:
    clip = play(40, 4)
    frames = clip.frames.copy()
    frames[10:12] = 16
    (finding,) = picture_findings(observe_clip(replace(clip, frames=frames)))
    assert (finding.kind, finding.frames) == ("black frames", (10, 12))
    assert "frames 10-11: black; cut them out" in finding.sentence


def test_without_a_camera_nothing_is_said_of_standing_pictures() -> None:
    clip = play(60, 4)
    known = np.ones(11, np.bool_)
    known[-2:] = False
    still = np.broadcast_to(clip.frames[:1], clip.frames.shape)
    assert picture_findings(observe_clip(Clip("keyboard", still, clip.actions * known, known))) == []


def test_looking_up_and_down_past_upright_edges_is_no_menu() -> None:
    clip = play(60, 4)
    stripes = np.zeros_like(clip.frames)
    stripes[:, :, ::8] = 200
    stripes[:, ::9] = (np.arange(60) * 3 % 200)[:, None, None, None]  # something changes, too
    actions = np.zeros_like(clip.actions)
    actions[1:, -2] = 0.2 * np.sign(np.sin(np.arange(59)))
    assert picture_findings(observe_clip(Clip("fence", stripes, actions))) == []
