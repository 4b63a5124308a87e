"""Fixtures that every folder of tests shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from .footage import write_clip
from .tiny_world import make_tiny_world

settings.register_profile("arvd", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("arvd")

CLIPS = {"a": 24, "b": 31, "c": 20}


@pytest.fixture(scope="session", autouse=True)
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folders of the person who runs the tests are not touched: neither settings nor saves, pictures nor caches."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_PICTURES_DIR"):
            patch.setenv(name, str(home / name.split("_")[1].lower()))
        yield


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny random world; do not write into it."""
    return make_tiny_world(tmp_path_factory.mktemp("worlds") / "tiny")


@pytest.fixture(scope="session")
def shared_footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short clips; for tests that only read."""
    root = tmp_path_factory.mktemp("footage")
    for seed, (name, count) in enumerate(CLIPS.items()):
        write_clip(root, name, count, seed)
    return root


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two short clips of one's own, to be damaged."""
    root = tmp_path / "footage"
    for seed, name in enumerate(("a", "b")):
        write_clip(root, name, 12, seed)
    return root
