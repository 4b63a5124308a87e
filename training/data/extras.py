"""What only some formats need: packages of the extra `data`, asked for when such a format is used."""

from collections.abc import Iterator
from contextlib import contextmanager

from model.errors import DataError


@contextmanager
def needed(package: str) -> Iterator[None]:
    """Around the import of a package that may not be installed.

    Raises:
        DataError: with the command that installs it.
    """
    try:
        yield
    except ImportError as error:
        raise DataError(f"{package} is needed for this format ({error}); run pip install 'arvd[data]'") from None
