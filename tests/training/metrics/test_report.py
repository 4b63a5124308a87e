import io
import json
from html.parser import HTMLParser
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from model.errors import RunError
from training.metrics.curves import line_chart
from training.metrics.report import Chapter, Report, Sheet, machine_facts, render, write_report
from training.metrics.tables import TableConsole, build_table

PICTURE = np.full((4, 6, 3), 200, np.uint8)


class Reader(HTMLParser):
    """Collects what a browser would show, and refuses tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text: list[str] = []
        self.sources: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def make_report() -> Report:
    table = build_table("a & b", ("row", "<value>"))
    table.add_row("first", "1 < 2")
    table.add_section()
    table.add_row("second", "3")
    curve = line_chart({"x": [(0, 1), (1, 2)]}, title="curve", x_label="x", y_label="y")
    chapter = Chapter("flow", "how it <moves>", [table, "a remark"], [curve], [Sheet("flow", PICTURE, "rows & more")])
    facts = {"world": '"tiny" <script>alert(1)</script>'} | machine_facts()
    return Report("A <b>world</b>", facts, [chapter], {"following": "needs --idm <FILE>"})


def test_every_text_is_shown_as_it_is_and_nothing_comes_from_elsewhere() -> None:
    page = render(make_report())
    reader = Reader(page)
    shown = " ".join(reader.text)
    for text in ("A <b>world</b>", "<script>alert(1)</script>", "a & b", "<value>", "1 < 2", "how it <moves>"):
        assert text in shown
    assert "needs --idm <FILE>" in shown
    assert {"script", "b", "link", "iframe"}.isdisjoint(reader.seen)
    assert {"table", "svg", "img"} <= set(reader.seen)
    assert set(reader.sources) == {"#flow", "flow.png"}
    assert "@import" not in page
    assert "url(" not in page


def test_a_folder_is_written(tmp_path: Path) -> None:
    write_report(tmp_path / "new", make_report(), {"flow": {"value": 1.5}})
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["flow.png", "index.html", "report.json"]
    assert json.loads((tmp_path / "new" / "report.json").read_text()) == {"flow": {"value": 1.5}}
    np.testing.assert_array_equal(iio.imread(tmp_path / "new" / "flow.png"), PICTURE)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="could not be written"):
        write_report(tmp_path / "file", make_report(), {})


def test_the_console_keeps_what_it_prints() -> None:
    console = TableConsole(file=io.StringIO())
    table = build_table("t", ("a",))
    console.print(table)
    console.print("a remark", style="dim")
    assert console.shown == [table, "a remark"]
