from collections.abc import Iterator

import pytest

from .run import Fuzzer


@pytest.fixture(scope="session")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    """A process that reads datasets for all tests; it is started anew when one kills it."""
    with Fuzzer(tmp_path_factory.mktemp("fuzz")) as running:
        yield running
