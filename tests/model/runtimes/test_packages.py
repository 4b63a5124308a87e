"""A compiled world shows what the model shows; half of one, or one that was tampered with, is not opened."""

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from model.actions import IDLE, parse_actions
from model.errors import WorldError
from model.machine import computing_with, numbers_of_threads
from model.runtime import has_fast_bfloat16
from model.runtimes import packages
from model.runtimes.packages import are_made, has_compiler, load_packages, make_packages, packages_folder
from model.runtimes.tuned import LEAST_PSNR
from model.world import World, load_world

from ...tiny_world import SINK, WINDOW, make_looking_world, tiny_autoencoder, tiny_transformer

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
ACTIONS = parse_actions("w*3, right*3, w+left*4")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of which all is compiled that can be: one that looks at its pictures has its encoder compiled too."""
    return make_looking_world(tmp_path_factory.mktemp("looking") / "tiny")


@pytest.fixture(scope="module")
def compiled(looking: Path, cache: Path) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return load_world(str(looking), runtime="compiled-fp32")


@pytest.fixture(scope="module")
def half(tiny_world: Path, cache: Path) -> World:
    """A world that looks at nothing, in half the precision."""
    if not has_fast_bfloat16(torch.device("cpu")):
        pytest.skip("this processor gains nothing by bf16")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return load_world(str(tiny_world), runtime="compiled")


@needs_compiler
@pytest.mark.parametrize("steps", [1, 2])
def test_frames_are_those_of_the_reference(compiled: World, looking: Path, steps: int) -> None:
    assert compiled.runtime == "compiled float32"
    mine = compiled.start("two", seed=4, steps=steps)
    reference = load_world(str(looking), runtime="eager-fp32").start("two", seed=4, steps=steps)
    for action in (*ACTIONS, IDLE, *ACTIONS):
        assert np.abs(mine.step(action).astype(int) - reference.step(action)).max() <= 2
    assert "encode" in mine.timings


@needs_compiler
def test_half_the_precision_looks_the_same(half: World, tiny_world: Path) -> None:
    assert half.runtime == "compiled bfloat16"
    mine = half.start(seed=4)
    reference = load_world(str(tiny_world), runtime="eager-fp32").start(seed=4)
    frames = np.stack([[mine.step(action), reference.step(action)] for action in ACTIONS]).astype(float)
    assert np.sqrt(np.mean((frames[:, 0] - frames[:, 1]) ** 2)) < 255 / 10 ** (LEAST_PSNR / 20)


@needs_compiler
@pytest.mark.parametrize("name", ["decode", "encode"])
def test_convolutions_are_compiled_for_each_number_of_threads(compiled: World, cache: Path, name: str) -> None:
    made = {path.stem for path in (cache / "arvd" / "compiled").rglob(f"{name}-*.so")}
    assert made == {f"{name}-{threads}" for threads in numbers_of_threads()}


@pytest.mark.parametrize(("threads", "made_for"), [(1, 1), (2, 1), (3, 3), (4, 4)])
def test_a_decoder_computes_with_the_threads_it_was_made_for(
    threads: int, made_for: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Opened:
        def __init__(self, path: Path) -> None:
            self.name = path.stem

        def __call__(self, latents: torch.Tensor) -> list[tuple[str, int]]:
            return [(self.name, torch.get_num_threads())]

    monkeypatch.setattr(packages, "numbers_of_threads", lambda: [1, 3, 4])
    monkeypatch.setattr(packages, "NativeFunction", Opened)
    with computing_with(threads):
        assert load_packages(Path()).decode(torch.zeros(1)) == (f"decode-{made_for}", made_for)
        assert torch.get_num_threads() == threads


@needs_compiler
def test_a_saved_state_goes_on_in_either(compiled: World, looking: Path) -> None:
    reference = load_world(str(looking), runtime="eager-fp32").start(seed=4)
    for action in ACTIONS:
        reference.step(action)
    mine = compiled.start()
    mine.load(reference.save())
    assert np.abs(mine.step(ACTIONS[0]).astype(int) - reference.step(ACTIONS[0])).max() <= 2


@needs_compiler
@pytest.mark.parametrize("name", ["compiled", "half"])
def test_a_walk_that_goes_back_comes_out_the_same_to_the_byte(name: str, request: pytest.FixtureRequest) -> None:
    """Also past the window: what a kernel rounded must not differ from what is computed anew after a load."""
    session = request.getfixturevalue(name).start(seed=4)
    for action in ACTIONS * 2:
        session.step(action)
    state = session.save()
    first = [session.step(action) for action in ACTIONS]
    session.load(state)
    np.testing.assert_array_equal(first, [session.step(action) for action in ACTIONS])


@needs_compiler
def test_it_is_opened_again_and_not_made_again(
    compiled: World, cache: Path, looking: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(packages, "make_packages", None)
    again = load_world(str(looking), runtime="compiled-fp32")
    np.testing.assert_array_equal(again.start(seed=1).step(ACTIONS[0]), compiled.start(seed=1).step(ACTIONS[0]))


@needs_compiler
@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_damaged_packages_are_not_opened(compiled: World, cache: Path, tmp_path: Path, damage: str) -> None:
    made = next((cache / "arvd" / "compiled").iterdir())
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    assert are_made(copy)
    content = (copy / "one.so").read_bytes()
    if damage == "missing":
        (copy / "one.so").unlink()
    else:
        (copy / "one.so").write_bytes(content[:-1] + (b"" if damage == "cut" else b"x"))
    assert not are_made(copy)


def test_nothing_is_left_of_a_compilation_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise WorldError("no luck")

    monkeypatch.setattr(packages, "has_compiler", lambda: True)
    monkeypatch.setattr(packages, "_compile", fail)
    with pytest.raises(WorldError, match="no luck"):
        make_packages(tmp_path / "made", tiny_transformer(), tiny_autoencoder(), sink=SINK, window=WINDOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("theirs_whole", [True, False])
def test_what_somebody_else_made_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs_whole: bool
) -> None:
    """Two players that start at once compile the same; the second finds the place taken, whenever it looks."""
    place, folder = tmp_path / "place", tmp_path / "made"
    place.mkdir()
    whole = [False, theirs_whole]
    monkeypatch.setattr(packages, "are_made", lambda folder: whole.pop(0))

    def taken(path: Path, ignore_errors: bool) -> None:
        (folder / "theirs").mkdir(parents=True)

    monkeypatch.setattr(shutil, "rmtree", taken)
    with contextlib.nullcontext() if theirs_whole else pytest.raises(OSError, match="not empty"):
        packages._put(place, folder)
    assert (folder / "theirs").is_dir()


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(packages, "has_compiler", lambda: True)
    with pytest.raises(WorldError, match=r"cannot be written \(.*; make room, or use --runtime eager"):
        make_packages(tmp_path / "file" / "made", tiny_transformer(), tiny_autoencoder(), sink=SINK, window=WINDOW)


def test_packages_that_cannot_be_run_are_said(tmp_path: Path) -> None:
    (tmp_path / "two.so").write_bytes(b"no library")
    with pytest.raises(WorldError, match=r"cannot be run from there .*; use --runtime eager"):
        load_packages(tmp_path)


def test_without_a_compiler_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", str(tmp_path / "no-such-compiler"))
    assert not has_compiler()
    with pytest.raises(WorldError, match="use --runtime eager"):
        make_packages(tmp_path / "made", tiny_transformer(), tiny_autoencoder(), sink=SINK, window=WINDOW)


def test_every_ingredient_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = set()
    for threads in ([1, 2], [1, 3, 4]):
        monkeypatch.setattr(packages, "numbers_of_threads", lambda threads=threads: threads)
        folders |= {packages_folder(world, dtype) for world in "ab" for dtype in (torch.float32, torch.bfloat16)}
    assert len(folders) == 8
