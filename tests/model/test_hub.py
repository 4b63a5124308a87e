from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from model.errors import WorldError
from model.world_spec import find_world, read_scenes


def _hub(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    asked: list[str] = []

    def snapshot_download(repository: str, allow_patterns: list[str]) -> str:
        asked.append(repository)
        assert not any(pattern == "*" or pattern.endswith(".py") for pattern in allow_patterns)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_world_is_fetched_by_address(monkeypatch: pytest.MonkeyPatch, tiny_world: Path) -> None:
    asked = _hub(monkeypatch, tiny_world)
    assert find_world("hf://someone/some-world") == tiny_world and asked == ["someone/some-world"]


def test_a_snapshot_made_of_links_plays(tiny_world: Path, tmp_path: Path) -> None:
    """The hub's cache links each file of a snapshot to where its bytes are."""
    for path in (path for path in tiny_world.rglob("*") if path.is_file()):
        link = tmp_path / path.relative_to(tiny_world)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(path)
    assert [scene.name for scene in read_scenes(tmp_path)] == ["one", "two"]


@pytest.mark.parametrize("address", ["hf://", "hf://one", "hf://a/b/c", "hf://a/../b", "hf://a b/c"])
def test_bad_addresses_are_refused_before_any_connection(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    asked = _hub(monkeypatch, RuntimeError("never"))
    with pytest.raises(WorldError, match="hf://organisation/repository"):
        find_world(address)
    assert not asked


def test_no_connection_and_no_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _hub(monkeypatch, LocalEntryNotFoundError("offline\nmore"))
    with pytest.raises(WorldError, match=r"could not be fetched \(offline\); check"):
        find_world("hf://a/b")
    _hub(monkeypatch, tmp_path)
    with pytest.raises(WorldError, match=r"holds no world\.toml"):
        find_world("hf://a/b")
