import shutil
from pathlib import Path

import pytest

from tests.footage import write_clip
from training.commands.ablate import run_ablation

from . import grid
from .micro import micro_chain


@pytest.fixture(scope="session")
def shared_heldout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips, long enough to measure worlds by; for tests that only read."""
    root = tmp_path_factory.mktemp("heldout")
    for seed, name in enumerate(("x", "y"), start=5):
        write_clip(root, name, 44, seed)
    return root


@pytest.fixture(scope="session")
def until_ar(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a run of `micro` on `shared_footage` up to its AR model; do not write into it."""
    root = tmp_path_factory.mktemp("until_ar")
    chain = micro_chain(shared_footage, root)
    assert chain.autoencoder() and chain.teacher() and chain.ar()
    return root


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of an inverse-dynamics model of random weights."""
    return grid.make_reader(tmp_path_factory.mktemp("reader") / "idm.safetensors")


@pytest.fixture(scope="session")
def ablated(
    until_ar: Path, shared_footage: Path, shared_heldout: Path, reader: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Root of a run with every cell of the grid, whose report lies in its folder `report`; do not write into it."""
    root = tmp_path_factory.mktemp("ablated")
    shutil.copytree(until_ar, root, dirs_exist_ok=True)
    job = grid.job(shared_footage, shared_heldout, reader, root)
    assert run_ablation(job, root / "report", 1, lambda: False) == 0
    return root
