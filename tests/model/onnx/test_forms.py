"""Graphs that do not take and give what they should are refused, each in the same sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from model.errors import WorldError
from model.onnx.world import load_onnx_world

from .foreign import foreign

Change = Callable[[Any], None]


def renamed(old: str, new: str) -> Change:
    """Give an input or output another name."""

    def change(model: Any) -> None:
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = [new if name == old else name for name in names]
        for value in (*model.graph.input, *model.graph.output):
            value.name = new if value.name == old else value.name

    return change


def float_frames(model: Any) -> None:
    """Give pictures of real numbers."""
    renamed("frames", "bytes")(model)
    model.graph.node.append(helper.make_node("Cast", ["bytes"], ["frames"], to=TensorProto.FLOAT))
    (output,) = model.graph.output
    output.name, output.type.tensor_type.elem_type = "frames", TensorProto.FLOAT


def more(model: Any) -> None:
    """Ask for what nobody gives."""
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, (3,)))


@pytest.mark.parametrize(
    ("graph", "change"),
    [
        ("decode", renamed("latents", "other")),
        ("decode", renamed("frames", "other")),
        ("decode", float_frames),
        ("encode", renamed("latents", "other")),
        ("two", renamed("keys", "other")),
        ("two", renamed("seen", "other")),
        ("two", renamed("rotated_values", "other")),
        ("one", renamed("times", "other")),
        ("one", renamed("velocity", "other")),
        ("one", more),
    ],
)
def test_every_input_and_output_is_looked_at(exported: Path, tmp_path: Path, graph: str, change: Change) -> None:
    folder = foreign(exported, tmp_path / "world", graph, change)
    with pytest.raises(WorldError, match=r"the graphs do not fit .*world\.toml; export it again"):
        load_onnx_world(str(folder), device="cpu", threads=1)


def test_one_that_changes_nothing_plays(exported: Path, tmp_path: Path) -> None:
    folder = foreign(exported, tmp_path / "world", "two", lambda model: None)
    assert load_onnx_world(str(folder), device="cpu", threads=1).start().frame.shape == (32, 48, 3)
