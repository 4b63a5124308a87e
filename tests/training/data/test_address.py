"""Footage by its address."""

from pathlib import Path

import pytest

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data.address import is_remote, open_address, open_remote
from training.data.webdataset_writer import write_webdataset

from .servers import FileServer, serving


def test_a_path_is_a_folder_of_this_machine(shared_footage: Path) -> None:
    assert not is_remote(str(shared_footage)) and not is_remote("C:\\footage") and is_remote("hf://datasets/a/b")
    assert open_address(str(shared_footage)).names == ("a", "b", "c")
    with pytest.raises(DataError, match="no such folder"):
        open_address("nowhere/at/all")


def test_shards_on_a_web_server(shared_footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))
    write_webdataset(GFMinecraft(shared_footage), tmp_path / "served" / "walks")
    with serving(FileServer, tmp_path / "served") as (url, _):
        dataset = open_address(f"{url}/walks")
        assert dataset.names == ("a", "b", "c") and len(dataset.read(2)) == 20
        with pytest.raises(DataError, match=f"{url}/walks: no clip is tagged good"):
            open_address(f"{url}/walks", tags=("good",))


@pytest.mark.parametrize("address", ["ftp://host/walks", "file:///etc", "s3://bucket/walks", "hf:/datasets/a/b://"])
def test_other_schemes_are_refused(address: str) -> None:
    with pytest.raises(DataError, match="no such address; write hf://datasets/organisation/repository or https://"):
        open_remote(address)
