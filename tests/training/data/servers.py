"""Servers on this machine: one that speaks like the Hugging Face hub, one that only hands out files."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class FileServer(BaseHTTPRequestHandler):
    """Files of `root`, in parts where that is asked for; what was asked is noted."""

    root: Path
    asked: list[tuple[str, str]]
    """Path and range of each request for a file."""
    failures: list[int]
    """Status of the next answers; empty where all is well."""
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.answer_file(self.root / unquote(urlsplit(self.path).path).lstrip("/"))

    def answer_file(self, path: Path) -> None:
        if self.failures and self.command == "GET":
            self.answer(self.failures.pop(0), b"")
        elif not path.is_file():
            self.answer(404, b"", **{"X-Error-Code": "EntryNotFound"})
        else:
            self.answer_part(path.read_bytes(), path.relative_to(self.root).as_posix())

    def answer_part(self, data: bytes, name: str) -> None:
        part, headers = self.headers.get("Range", ""), {"ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        if self.command == "GET":
            self.asked.append((name, part))
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", part):
            first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            self.answer(206, data[first : last + 1], **headers)
        else:
            self.answer(200, data, **headers)

    def answer(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "Accept-Ranges": "bytes", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class HubServer(FileServer):
    """The few questions that are asked of the hub about a dataset `someone/walks`, whose files are those of `root`."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if re.fullmatch(r"/api/datasets/someone/walks(/revision/(main|v1|[0-9a-f]{40}))?", path):
            self.answer_json({"id": "someone/walks", "sha": self.commit(), "siblings": [], "tags": []})
        elif found := re.fullmatch(r"/api/datasets/someone/walks/tree/[0-9a-f]{40}(?:/(.*))?", path):
            self.answer_tree(self.root / (found[1] or ""), deep="recursive=true" in self.path.lower())
        elif found := re.fullmatch(r"/datasets/someone/walks/resolve/[0-9a-f]{40}/(.*)", path):
            self.answer_file(self.root / found[1])
        else:
            code = "RevisionNotFound" if path.startswith("/api/datasets/someone/walks/revision/") else "RepoNotFound"
            self.answer(404, b"", **{"X-Error-Code": code})

    def answer_tree(self, folder: Path, *, deep: bool) -> None:
        if folder.is_dir():
            self.answer_json([self.entry(path) for path in sorted(folder.rglob("*") if deep else folder.iterdir())])
        else:
            self.answer(404, b"", **{"X-Error-Code": "EntryNotFound"})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        paths = json.loads(self.rfile.read(length))["paths"]
        self.answer_json([self.entry(self.root / path) for path in paths if (self.root / path).exists()])

    def entry(self, path: Path) -> dict[str, Any]:
        name = path.relative_to(self.root).as_posix()
        if path.is_dir():
            return {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
        data = path.read_bytes()
        entry = {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
        if path.suffix in (".mp4", ".tar"):
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return entry

    def commit(self) -> str:
        """Changes with what is there."""
        files = [(str(path), path.read_bytes()) for path in sorted(self.root.rglob("*")) if path.is_file()]
        return hashlib.sha1(repr(files).encode()).hexdigest()

    def answer_json(self, document: Any) -> None:
        self.answer(200, json.dumps(document).encode(), **{"Content-Type": "application/json"})


@contextmanager
def serving(kind: type[FileServer], root: Path) -> Iterator[tuple[str, type[FileServer]]]:
    """Serve `root`; gives the server's address and what notes the requests."""
    handler = type("Handler", (kind,), {"root": root, "asked": [], "failures": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
