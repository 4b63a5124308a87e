"""Fixtures that every folder of tests shares."""

from pathlib import Path

import pytest

from .tiny_world import make_tiny_world


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny random world; do not write into it."""
    return make_tiny_world(tmp_path_factory.mktemp("worlds") / "tiny")
