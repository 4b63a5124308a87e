"""Eight bits cost little of the picture, and are a precision of their own."""

import sys
from pathlib import Path

import numpy as np
import pytest

from model.actions import parse_actions
from model.errors import StateError, WorldError
from model.onnx.world import OnnxWorld, load_onnx_world
from model.world_spec import bundled_worlds

from .foreign import showing

WALK = parse_actions("w+right*3, left*3, w*2")


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> tuple[OnnxWorld, OnnxWorld]:
    """The bundled world in single precision and in eight bits, which takes long to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        folder = str(bundled_worlds()["minecraft"])
        whole, small = (load_onnx_world(folder, runtime=name, threads=1) for name in ("onnx", "onnx-int8"))
        return whole, small


def test_a_frame_of_the_bundled_world_stays_within_35_db(bundled: tuple[OnnxWorld, OnnxWorld]) -> None:
    whole, small = bundled
    assert small.runtime == "onnx int8" and whole.runtime == "onnx float32"
    for scene in (whole.scenes[0], whole.scenes[-1]):
        frames = [world.start(scene.name, seed=3).step(WALK[0]) for world in (whole, small)]
        error = float(np.mean((frames[0].astype(float) - frames[1]) ** 2))
        assert error > 0, "nothing was quantised"
        assert 10 * np.log10(255**2 / error) >= 35


def test_states_are_of_their_own_precision_and_exact(bundled: tuple[OnnxWorld, OnnxWorld]) -> None:
    whole, small = bundled
    session = small.start(seed=3)
    for action in WALK:
        session.step(action)
    state = session.save()
    following = [session.step(action) for action in WALK]
    other = small.start(seed=4)
    other.load(state)
    assert all(np.array_equal(other.step(action), frame) for action, frame in zip(WALK, following, strict=True))
    with pytest.raises(StateError, match="dtype"):
        whole.start().load(state)


def test_without_the_package_one_sentence_says_so(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(WorldError, match="pip install onnx"):
        load_onnx_world(str(exported), runtime="onnx-int8")


def test_the_quantiser_reads_no_file_that_only_a_graph_names(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one that lies beside the graph, where ONNX Runtime finds it."""
    folder = showing(exported, tmp_path / "world", "secret.bin")
    for place in (folder / "onnx", tmp_path):
        (place / "secret.bin").write_bytes(bytes(range(1, 101)) * 50)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(WorldError, match="weights that the world does not have"):
        load_onnx_world(str(folder), runtime="onnx-int8", threads=1)
