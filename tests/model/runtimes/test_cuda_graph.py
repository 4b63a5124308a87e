"""A walk in pieces that are recorded once shows what the plain walk shows, whatever is written into their inputs."""

import copy
import dataclasses
import gc
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from model.actions import parse_actions
from model.cache import KeyValueCache
from model.errors import WorldError
from model.positions import PositionConfig
from model.runtime import Runtime, choose_runtime
from model.runtimes.cuda_graph import GraphDecoder, GraphEvaluator, Record, with_compiled_blocks
from model.runtimes.in_place import InPlace
from model.runtimes.projection import fuse_projections
from model.runtimes.static import Decoding
from model.transformer import Transformer
from model.walk import Walk
from model.world import World, load_world
from model.world_spec import read_spec

from ...tiny_world import HEIGHT, WIDTH, tiny_autoencoder, tiny_transformer
from .tape import on_tape
from .test_static import frames_of

SHAPES = [(1, 3), (2, 1), (0, 2)]


@pytest.mark.parametrize("record", [None, on_tape], ids=["called", "recorded"])
@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize(("sink", "window"), SHAPES)
@pytest.mark.parametrize("kind", ["rays", "grid"])
def test_a_walk_is_the_same_as_the_models(
    kind: Literal["rays", "grid"], sink: int, window: int, steps: int, record: Record | None
) -> None:
    model = tiny_transformer(3, PositionConfig(kind=kind))
    evaluator = GraphEvaluator(model, record=record)
    plain = frames_of(Walk(model, sink=sink, window=window), steps, 13)
    graphs = frames_of(Walk(model, sink=sink, window=window, evaluator=evaluator), steps, 13)
    torch.testing.assert_close(graphs, plain, atol=1e-5, rtol=1e-5)
    assert plain.std() > 0.1


def test_what_is_kept_is_the_same_too() -> None:
    model = tiny_transformer(3)
    walks = [
        Walk(model, sink=1, window=3),
        Walk(model, sink=1, window=3, evaluator=GraphEvaluator(model, record=on_tape)),
    ]
    for walk in walks:
        frames_of(walk, 2, 9)
    plain, graphs = (walk.cache for walk in walks)
    assert graphs.count == plain.count
    for name in ("keys", "values", "poses"):
        torch.testing.assert_close(getattr(graphs, name), getattr(plain, name), atol=1e-5, rtol=1e-5)
    for ours, theirs in zip(graphs.all_rotated(), plain.all_rotated(), strict=True):
        slots = graphs.span(0, 4)
        torch.testing.assert_close(ours[:, :, slots], theirs[:, :, slots], atol=1e-5, rtol=1e-5)


def test_recording_leaves_what_is_kept_as_it_was() -> None:
    """Also for a walk that comes from a saved one, whose cache is full before its first step."""
    model = tiny_transformer(3)
    walk = Walk(model, sink=1, window=3)
    frames_of(walk, 2, 9)
    before = copy.deepcopy([walk.cache.keys, walk.cache.values, *walk.cache.all_rotated()])
    pieces = InPlace(model, walk.cache)
    kept = [part.clone() for part in pieces.touched()]
    with torch.no_grad():
        pieces.two()
        pieces.one()
    for part, value in zip(pieces.touched(), kept, strict=True):
        part.copy_(value)
    slots = walk.cache.span(0, 4)
    torch.testing.assert_close([walk.cache.keys, walk.cache.values], before[:2], atol=0, rtol=0)
    for ours, theirs in zip(walk.cache.all_rotated(), before[2:], strict=True):
        assert torch.equal(ours[:, :, slots], theirs[:, :, slots])


def test_two_walks_may_take_turns() -> None:
    model = tiny_transformer(3)
    evaluator = GraphEvaluator(model, record=on_tape)
    alone = frames_of(Walk(model, sink=1, window=3), 2, 8)
    others = [Walk(model, sink=1, window=3, evaluator=evaluator) for _ in range(2)]
    parts = [[frames_of(walk, 2, 4) for walk in others] for _ in range(2)]
    torch.testing.assert_close(parts[0][0], alone[:, :4], atol=1e-5, rtol=1e-5)
    assert torch.equal(parts[0][0], parts[0][1]) and torch.equal(parts[1][0], parts[1][1])


def test_what_belongs_to_a_walk_goes_with_it() -> None:
    model = tiny_transformer(3)
    evaluator = GraphEvaluator(model, record=on_tape)
    walk = Walk(model, sink=1, window=1, evaluator=evaluator)
    frames_of(walk, 1, 4)
    storage = weakref.ref(walk.cache.keys)
    del walk
    gc.collect()
    assert storage() is None


def test_what_compiled_layers_keep_is_turned_as_the_cache_turns_it() -> None:
    """In bf16, where a compiler may leave out a rounding: a state that is loaded is turned anew."""
    model = tiny_transformer(3).to(torch.bfloat16)
    evaluator = GraphEvaluator(model, compiled=True, record=lambda piece: piece)
    evaluator._model = with_compiled_blocks(model, mode=None)
    walk = Walk(model, sink=1, window=3, evaluator=evaluator)
    frames_of(walk, 2, 9)
    cache, slots = walk.cache, walk.cache.span(1, 3)
    kept = [part[:, :, slots].clone() for part in cache.all_rotated()]
    cache.load(cache.keys.clone(), cache.values.clone(), cache.poses.clone(), cache.count)
    for ours, theirs in zip(kept, cache.all_rotated(), strict=True):
        assert torch.equal(ours, theirs[:, :, slots])


@pytest.mark.parametrize("fused", [False, True])
def test_layers_are_compiled_once_for_all(fused: bool) -> None:
    """By how often the compiler is called: for two frames, for one, and no more however deep the model is."""
    model = tiny_transformer(3)
    model.blocks.extend(copy.deepcopy(list(model.blocks)))
    model.blocks.extend(copy.deepcopy(list(model.blocks)))
    model.config = copy.copy(model.config)
    object.__setattr__(model.config, "depth", len(model.blocks))
    if fused:
        fuse_projections(model)
    made = []

    def compiler(graph: torch.fx.GraphModule, examples: list[Tensor]) -> Any:
        made.append(graph)
        return graph.forward

    torch._dynamo.reset()
    evaluator = GraphEvaluator(model, record=lambda piece: piece)
    evaluator._model = with_compiled_blocks(model, backend=compiler, mode=None)
    plain = frames_of(Walk(model, sink=1, window=3), 2, 6)
    graphs = frames_of(Walk(model, sink=1, window=3, evaluator=evaluator), 2, 6)
    torch.testing.assert_close(graphs, plain, atol=1e-5, rtol=1e-5)
    assert 2 <= len(made) <= 12, [len(list(graph.graph.nodes)) for graph in made]


class StaysOnMeta(TorchDispatchMode):
    """Refuses operations on a tensor that is elsewhere."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        devices = {leaf.device.type for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, Tensor)}
        assert devices <= {"meta"}, f"{func} reaches for the processor"
        return out


@pytest.mark.parametrize("kind", ["rays", "grid"])
@torch.no_grad()
def test_pieces_stay_where_they_are(kind: Literal["rays", "grid"]) -> None:
    """On a device that has no values: nothing is sent there or asked back, which no capture on a GPU would take."""
    config = dataclasses.replace(tiny_transformer().config, positions=PositionConfig(kind=kind))
    model = Transformer(config).to("meta", torch.bfloat16)
    fuse_projections(model)
    pieces = InPlace(model, KeyValueCache(model, sink=1, window=3))
    decoding = Decoding(tiny_autoencoder().to("meta", torch.bfloat16), torch.bfloat16)
    latent = torch.empty(1, 4, 4, 6, device="meta")
    with StaysOnMeta():
        pieces.two()
        pieces.one()
        assert decoding(latent).shape == (1, 32, 48, 3)


def test_the_decoder_gives_the_same_bytes() -> None:
    autoencoder = tiny_autoencoder()
    shape = (autoencoder.config.latent_channels, 4, 6)
    decode = GraphDecoder(autoencoder, torch.float32, shape, record=on_tape)
    for count in (1, 1, 3, 1):
        latents = torch.randn(count, *shape)
        assert torch.equal(decode(latents), Decoding(autoencoder, torch.float32)(latents))


def graph_world(folder: Path) -> World:
    """The world by this runtime, its pieces called as they are."""
    return World(folder, read_spec(folder), Runtime("cuda-graph", torch.device("cpu"), torch.float32))


def test_a_session_is_the_same_and_may_be_saved_and_left(tiny_world: Path) -> None:
    actions = parse_actions("w*6, w+right*3, jump+left*3")
    plain = load_world(str(tiny_world), device="cpu", runtime="eager-fp32").start(seed=4)
    graphs = graph_world(tiny_world).start(seed=4)
    for action in actions:
        np.testing.assert_allclose(graphs.step(action).astype(int), plain.step(action), atol=1)
    state, ahead = graphs.save(), [graphs.step(action) for action in actions]
    graphs.load(state)
    assert np.array_equal([graphs.step(action) for action in actions], ahead)
    other = graphs.world.start(seed=9)
    other.load(state)
    assert np.array_equal([other.step(action) for action in actions], ahead)
    assert ahead[0].shape == (HEIGHT, WIDTH, 3) and not np.array_equal(ahead[0], ahead[-1])


def test_a_run_is_the_same_as_single_steps_wherever_it_ends(tiny_world: Path) -> None:
    actions = parse_actions("w*6, w+right*3, jump+left*3")
    session, again = (graph_world(tiny_world).start(seed=4) for _ in range(2))
    expected = [session.step(action) for action in actions]
    run = again.run(actions)
    made = [next(run) for _ in range(5)]
    assert again.index == 6
    run.close()
    assert np.array_equal(again.frame, expected[5])
    made += [again.frame, *again.run(actions[6:])]
    assert np.array_equal(made, expected) and again.index == len(actions)
    assert again.save() == session.save() and list(again.run([])) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("runtime", ["cuda-graph", "cuda-graph-fp32", "cuda-compiled"])
def test_without_a_gpu_it_is_refused_in_a_sentence(runtime: str) -> None:
    with pytest.raises(WorldError, match="needs an NVIDIA GPU"):
        choose_runtime("auto", runtime)
