from collections.abc import Iterator
from pathlib import Path

import pytest

from ..data.servers import HubServer, serving


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder whose files a hub on this machine holds as its dataset someone/walks."""
    constants = pytest.importorskip("huggingface_hub.constants")
    root = tmp_path / "hub"
    root.mkdir()
    with serving(HubServer, root) as (url, _):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))
        yield root
