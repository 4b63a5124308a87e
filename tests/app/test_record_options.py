import os
from pathlib import Path

import pytest

from app import record_options
from app.record_options import default_folder
from model.errors import ArvdError

from .fakes import options_of

ROOT = Path(__file__).parents[2]


def test_a_checkout_records_into_its_replays_and_an_installed_copy_into_the_persons_data(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_of(tiny_world)
    assert not options.record and options.record_folder == ROOT / "replays"
    assert options.record_budget is None, "the settings decide"
    assert options_of(tiny_world, "--record").record
    assert options_of(tiny_world, "--record").record_folder == ROOT / "replays"
    monkeypatch.setattr(record_options, "__file__", str(tmp_path / "site-packages" / "app" / "record_options.py"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_folder().name == "replays" and not default_folder().is_relative_to(ROOT)


def test_a_folder_is_made_only_when_something_is_recorded(tiny_world: Path, tmp_path: Path) -> None:
    options = options_of(tiny_world, "--record", str(tmp_path / "a b" / "d\u00fcne"))
    assert options.record and options.record_folder == tmp_path / "a b" / "d\u00fcne"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "size"), [("10GB", 10**10), ("500mb", 5 * 10**8), ("1.5 G", 1_500_000_000), ("2T", 2 * 10**12), ("9", 9)]
)
def test_sizes_are_read_as_people_write_them(tiny_world: Path, text: str, size: int) -> None:
    assert options_of(tiny_world, "--record-budget", text).record_budget == size


@pytest.mark.parametrize("text", ["", "0GB", "much", "-5GB", "1e9", "9" * 40, "1PB"])
def test_what_is_no_size_is_refused(tiny_world: Path, text: str) -> None:
    with pytest.raises(ArvdError, match="is not a size; write for example 10GB"):
        options_of(tiny_world, f"--record-budget={text}")


def test_a_place_that_cannot_be_written_is_refused(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ArvdError, match=r"--record.*file"):
            options_of(tiny_world, "--record", str(folder))
    with pytest.raises(ArvdError, match="--record"):
        options_of(tiny_world, "--record", "n" * 300)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root, who may write anywhere
    with pytest.raises(ArvdError, match="no folder that can be written"):
        options_of(tiny_world, "--record", str(tmp_path))
