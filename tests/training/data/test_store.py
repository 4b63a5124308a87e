"""Folders of files that are read by ranges of bytes."""

from pathlib import Path

import pytest

from model.errors import DataError
from training.data import store as store_module
from training.data.store import Store, open_store

from .servers import FileServer, serving


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "walks").mkdir()
    (tmp_path / "walks" / "one é#1.tar").write_bytes(bytes(range(200)))
    return tmp_path / "walks"


def reads(store: Store) -> None:
    name = "one é#1.tar"
    file = store.file(name)
    assert file is not None and file.size == 200 and file.content
    assert store.read(name, 3, 5) == bytes(range(3, 8)) and store.read(name, 199, 1) == b"\xc7"
    assert b"".join(store.pieces(name, 10, 150)) == bytes(range(10, 160))
    assert list(store.pieces(name, 10, 0)) == []
    assert store.file("nothing") is None
    with pytest.raises(DataError, match=r"one é#1\.tar: 10 bytes are expected"):
        store.read(name, 195, 10)
    with pytest.raises(DataError, match="nothing"):
        store.read("nothing", 0, 1)


def test_a_folder_of_this_machine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_PIECE", 7)
    store = open_store(str(root))
    reads(store)
    (root / "below").mkdir()
    (root / "below" / "two").write_bytes(b"2")
    assert list(store.files()) == ["below/two", "one é#1.tar"]


def test_a_change_is_seen(root: Path) -> None:
    store = open_store(str(root))
    before = store.file("one é#1.tar")
    (root / "one é#1.tar").write_bytes(b"x" * 200)
    assert store.file("one é#1.tar") != before


@pytest.mark.parametrize("link", ["/etc/passwd", "../secret"])
def test_links_that_lead_out_are_refused(link: str, root: Path) -> None:
    (root.parent / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(link)
    for ask in (lambda: open_store(str(root)).read("link", 0, 1), lambda: open_store(str(root)).files()):
        with pytest.raises(DataError, match="leads out of"):
            ask()


def test_a_web_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_PIECE", 7)
    monkeypatch.setattr(store_module, "_PAUSES", ())
    with serving(FileServer, root.parent) as (url, server):
        plain = root / "two.tar"
        plain.write_bytes(bytes(range(100)))
        store = open_store(f"{url}/walks/")
        assert store.read("two.tar", 90, 10) == bytes(range(90, 100))
        assert store.file("two.tar") != store.file("nothing")
        assert server.asked[0] == ("walks/two.tar", "bytes=90-99")
        assert store.where("two.tar") == f"{url}/walks/two.tar"


def test_a_server_that_lists_its_folder(root: Path) -> None:
    class Listing(FileServer):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            if self.path.endswith("/walks/"):
                page = '<a href="a.tar">a</a><a href="/etc/b.tar">b</a><a href="https://else.where/c.tar">c</a>'
                self.answer(200, page.encode(), **{"Content-Type": "text/html"})
            else:
                super().do_GET()

    (root / "a.tar").write_bytes(b"abc")
    with serving(Listing, root.parent) as (url, _):
        assert list(open_store(f"{url}/walks").files()) == ["a.tar"]


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(DataError, match=r"run pip install 'arvd\[data\]'"):
        open_store("https://somewhere/walks")
