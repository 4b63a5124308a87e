"""Exports as somebody else may write them: whole by their digests, and not what they should be."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from model.onnx.files import ABOUT, list_files
from model.world_spec import world_hash

FRAME = (1, 32, 48, 3)
"""Of the tiny world."""


def foreign(exported: Path, folder: Path, graph: str, change: Callable[[Any], None]) -> Path:
    """Copy an exported world to `folder` with one of its graphs changed, and make the digests fit."""
    shutil.copytree(exported, folder)
    path = folder / "onnx" / f"{graph}.onnx"
    model = onnx.load(path, load_external_data=False)
    change(model)
    onnx.save(model, path)
    list_files(folder / "onnx", world_hash(folder))
    return folder


def showing(exported: Path, folder: Path, location: str) -> Path:
    """Copy an exported world whose pictures are the bytes of the file that `location` names."""
    shutil.copytree(exported, folder)
    leak = TensorProto(name="leak", data_type=TensorProto.UINT8, dims=FRAME, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", str(32 * 48 * 3))):
        leak.external_data.add(key=key, value=value)
    latents = helper.make_tensor_value_info("latents", TensorProto.FLOAT, (1, 4, 4, 6))
    frames = helper.make_tensor_value_info("frames", TensorProto.UINT8, FRAME)
    node = helper.make_node("Identity", ["leak"], ["frames"])
    graph = helper.make_graph([node], "decode", [latents], [frames], initializer=[leak])
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "onnx" / "decode.onnx")
    about = json.loads((folder / "onnx" / ABOUT).read_bytes())
    about["sources"]["decode"] = {}
    (folder / "onnx" / ABOUT).write_text(json.dumps(about))
    list_files(folder / "onnx", world_hash(folder))
    return folder
