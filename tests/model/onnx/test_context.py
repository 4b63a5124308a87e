"""What graphs on a GPU keep of the memory is the memory, although only what changed is sent; here by a processor."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from model.actions import IDLE, parse_actions
from model.onnx import session as onnx_session
from model.onnx.context import Put
from model.onnx.device import PUT
from model.onnx.session import OnnxSession
from model.onnx.world import OnnxWorld, load_onnx_world

from .elsewhere import take_elsewhere

WALK = parse_actions("w*6, right*3, jump+left*3, w+yaw:20*4")


class Counted(Put):
    """Notes how much is sent."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.rows: list[int] = []

    def __call__(self, data: ort.OrtValue, rows: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> None:
        self.rows.append(len(rows))
        super().__call__(data, rows, values)


def pair(folder: Path) -> tuple[OnnxWorld, OnnxWorld, Counted]:
    """A world, and the same as though it were computed elsewhere."""
    here, there = (load_onnx_world(str(folder), device="cpu", threads=1) for _ in range(2))
    there._put = put = Counted()
    for graph in there.graphs.values():
        take_elsewhere(graph)
    return here, there, put


def assert_kept(session: OnnxSession) -> None:
    memory, context = session._memory, session._context
    context.refresh()
    for value, array in zip(context.values.values(), (memory.rotated_keys, memory.rotated_values), strict=True):
        assert value.data_ptr() != array.ctypes.data and np.array_equal(value.numpy(), array)


@pytest.mark.parametrize("nothing_new", [0.0, 1e9])
@pytest.mark.parametrize("steps", [1, 2])
def test_a_walk_is_the_same_to_the_byte(
    exported: Path, steps: int, nothing_new: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_session, "NOTHING_NEW", nothing_new)
    here, there, _ = pair(exported)
    plain, session = (world.start("two", seed=5, steps=steps) for world in (here, there))
    for action in (*WALK[:3], *[IDLE] * 2, *WALK, *[IDLE] * 3, *WALK):
        assert np.array_equal(session.step(action), plain.step(action))
    assert_kept(session)
    state = session.save()
    ahead = [session.step(action) for action in WALK]
    again, other = there.start("one", seed=1), here.start("one", seed=1)
    again.step(WALK[0])
    for one in (again, other):
        one.load(state)
        assert np.array_equal([one.step(action) for action in WALK], ahead)
    assert_kept(again)


def test_only_what_changed_is_sent(exported: Path) -> None:
    _, there, put = pair(exported)
    session = there.start("two", seed=5)
    for action in WALK:
        session.step(action)
    put.rows.clear()
    for action in WALK[:4]:
        session.step(action)
    sink, (_, tokens, _, _) = there.spec.sink, there._memory
    before, between = sink, 1 + sink  # the sink as the next frame sees it; the frame that was written, and its sink
    assert put.rows == [frames * tokens for frames in (before, before, between, between)] * 4  # keys, values


def test_the_model_that_puts_is_what_it_says() -> None:
    kinds = {"data": TensorProto.FLOAT, "rows": TensorProto.INT64, "values": TensorProto.FLOAT}
    kinds["changed"] = TensorProto.FLOAT
    *given, changed = (helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items())
    node = helper.make_node("ScatterND", ["data", "rows", "values"], ["changed"])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(helper.make_graph([node], "put", given, [changed]), opset_imports=opset, ir_version=8)
    assert onnx.load_model_from_string(PUT) == model
