"""Positions from tables are those of the model, however far a walk has gone."""

import json
from typing import Literal

import numpy as np
import pytest
import torch

from model.attention import Rotation
from model.errors import WorldError
from model.onnx.positions import Positions, rotate
from model.positions import PositionConfig
from model.positions import rotate as rotate_tensor

from ...tiny_world import tiny_transformer


@pytest.mark.parametrize("kind", ["rays", "grid"])
def test_rotations_are_the_models(kind: Literal["rays", "grid"]) -> None:
    model = tiny_transformer(0, PositionConfig(kind=kind))
    tables = json.loads(json.dumps(model.positions.tables()))
    positions = Positions(tables, tokens=model.config.tokens, head_dim=model.config.head_dim)
    assert positions.rotates_values == model.positions.rotates_values
    for frame, pose in ((0, [0.0, 0.0]), (7, [-89.0, 200.0]), (1_000_003, [45.0, -1e6])):
        cos, sin = positions.rotation(frame, np.array(pose))
        theirs = Rotation(model.positions, torch.tensor([frame]), torch.tensor([[pose]], dtype=torch.float64))
        np.testing.assert_allclose(cos, theirs.cos[0], atol=1e-6)
        np.testing.assert_allclose(sin, theirs.sin[0], atol=1e-6)
        x = np.random.default_rng(0).standard_normal((model.config.tokens, 2, model.config.head_dim), np.float32)
        turned = rotate_tensor(torch.from_numpy(x), theirs.cos[0], theirs.sin[0])
        np.testing.assert_allclose(rotate(x, cos, sin), turned, atol=1e-5)


@pytest.mark.parametrize(
    "change", [{"time": [1.0]}, {"down": []}, {"row": "far"}, {"column": [[1.0]]}, {"kind": None, "right": None}]
)
def test_tables_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    model = tiny_transformer()
    with pytest.raises(WorldError, match="positions"):
        Positions(model.positions.tables() | change, tokens=model.config.tokens, head_dim=model.config.head_dim)
