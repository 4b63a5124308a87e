"""What a graph is given when it runs is what it computes with, wherever that is."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from model.actions import IDLE, parse_actions
from model.errors import WorldError
from model.onnx.world import load_onnx_world

from .elsewhere import take_elsewhere
from .foreign import showing

WALK = parse_actions("w*6, right*3, jump+left*3")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_written_into_inputs_is_what_it_runs_with(exported: Path, elsewhere: bool) -> None:
    graph = load_onnx_world(str(exported), device="cpu", threads=1).graphs["decode"]
    if elsewhere:
        take_elsewhere(graph)
    decoder, shown = graph.bind(), []
    for k in range(3):
        decoder.inputs["latents"][:] = np.random.default_rng(k).standard_normal(decoder.inputs["latents"].shape)
        decoder.run()
        shown.append(decoder.outputs["frames"].copy())
    assert not np.array_equal(shown[0], shown[1]) and not np.array_equal(shown[1], shown[2])


def test_a_walk_elsewhere_is_the_same(exported: Path) -> None:
    here, there = (load_onnx_world(str(exported), device="cpu", threads=1) for _ in range(2))
    for graph in there.graphs.values():
        take_elsewhere(graph)
    plain, session = (world.start("two", seed=5) for world in (here, there))
    for action in (*WALK, *[IDLE] * 3, *WALK):
        assert np.array_equal(session.step(action), plain.step(action))
    assert session.save() == plain.save()


@pytest.mark.parametrize("location", ["secret.bin", "../secret.bin", "{secret}", "link.bin", "away/secret.bin"])
def test_a_graph_reads_no_file_but_those_beside_it(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    secret = tmp_path / "here" / "secret.bin"
    secret.parent.mkdir()
    secret.write_bytes(bytes(range(1, 101)) * 50)
    monkeypatch.chdir(secret.parent)
    folder = showing(exported, tmp_path / "world", location.format(secret=secret))
    shutil.copy(secret, folder / "secret.bin")
    (folder / "onnx" / "link.bin").symlink_to(secret)
    (folder / "onnx" / "away").symlink_to(secret.parent)
    with pytest.raises(WorldError, match=r"decode\.onnx: cannot be run"):
        load_onnx_world(str(folder), device="cpu", threads=1)
