import pytest

from model.errors import DataError
from training.data.extras import needed


def test_a_missing_package_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(DataError, match=r"nowhere .* pip install 'arvd\[data\]'"), needed("nowhere"):
        import a_package_that_is_nowhere  # type: ignore[import-not-found]  # noqa: F401


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), needed("json"):
        raise KeyError
