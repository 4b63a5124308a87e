from collections.abc import Iterator

import pytest

from .hands import Hands, fonts


@pytest.fixture(autouse=True, scope="module")
def _fonts() -> Iterator[None]:
    with fonts():
        yield


@pytest.fixture
def hands() -> Hands:
    return Hands()
