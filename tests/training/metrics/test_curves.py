import re
from xml.etree import ElementTree

import pytest

from training.metrics.curves import line_chart

SVG = "{http://www.w3.org/2000/svg}"


def draw(series: dict[str, list[tuple[float, float]]], **options: object) -> ElementTree.Element:
    return ElementTree.fromstring(line_chart(series, title="PSNR", x_label="frames", y_label="dB", **options))  # type: ignore[arg-type]


def texts(chart: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in chart.iter(f"{SVG}text")]


def dots(chart: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in chart.iter(f"{SVG}circle")]


def lines(chart: ElementTree.Element) -> list[str]:
    """Paths of the series; those of the legend come first and are left out."""
    drawn = [path.attrib["d"] for path in chart.iter(f"{SVG}path") if path.get("stroke-width") == "2"]
    return drawn[len(drawn) // 2 :]


def test_points_stand_where_the_axes_say() -> None:
    chart = draw({"a": [(0, 10.0), (5, 20.0), (10, 30.0)]})
    (x0, y0), (x1, y1), (x2, y2) = dots(chart)
    assert x1 == pytest.approx((x0 + x2) / 2)
    assert y0 > y1 > y2  # up is less in SVG
    assert y1 == pytest.approx((y0 + y2) / 2)
    assert {"PSNR", "frames", "dB", "a", "0", "10", "15", "30"} <= set(texts(chart))
    assert re.fullmatch(r"M\S+ \S+L\S+ \S+L\S+ \S+", lines(chart)[0])


def test_a_logarithmic_axis_has_a_tick_at_every_point() -> None:
    chart = draw({"a": [(1, 1.0), (2, 1.0), (4, 2.0), (64, 1.0)]}, log_x=True)
    assert [text for text in texts(chart) if text in ("1", "2", "4", "64")] == ["1", "2", "4", "64"]
    x = [place for place, _ in dots(chart)]
    assert x[2] - x[1] == pytest.approx(x[1] - x[0], abs=0.2)
    assert x[3] - x[2] == pytest.approx(4 * (x[1] - x[0]), abs=0.5)


def test_everything_written_is_escaped() -> None:
    chart = line_chart({"<a&b>": [(0, 1)]}, title="<script>", x_label="x<y", y_label='"')
    assert "<script>" not in chart
    assert {"<script>", "<a&b>", "x<y", '"'} <= set(texts(ElementTree.fromstring(chart)))


def test_gaps_single_points_and_nothing() -> None:
    gap = draw({"a": [(0, 1.0), (1, float("nan")), (2, 3.0), (3, 4.0)]})
    assert lines(gap)[0].count("M") == 2
    assert len(dots(gap)) == 3
    assert len(dots(draw({"a": [(3, 0.0)]}))) == 1
    assert len(dots(draw({"a": [(1, 5.0), (2, 5.0)], "b": []}))) == 2
    for empty in ({}, {"a": []}, {"a": [(0, float("nan"))]}):
        assert "no data" in texts(draw(empty))


def test_bands_lie_around_their_line_and_widen_the_axis() -> None:
    chart = draw({"a": [(0, 1.0), (1, 2.0)]}, bands={"a": [(0, -40.0, 40.0), (1, 0.0, 3.0), (2, float("nan"), 1)]})
    polygon = chart.find(f"{SVG}polygon")
    assert polygon is not None
    corners = [tuple(map(float, corner.split(","))) for corner in polygon.attrib["points"].split()]
    assert len(corners) == 4
    assert all(0 < x < 640 and 0 < y < 360 for x, y in corners)
    assert "-40" in texts(chart)


def test_many_lines_stay_apart() -> None:
    chart = draw({f"line number {k}": [(x, k + x) for x in range(100)] for k in range(9)})
    strokes = [(path.get("stroke"), path.get("stroke-dasharray")) for path in chart.iter(f"{SVG}path")]
    assert len({stroke for stroke in strokes if stroke[0] not in ("#e3e3e3", "#888")}) == 9
    assert not dots(chart)  # a hundred points need none
    legend = [text for text in chart.iter(f"{SVG}text") if (text.text or "").startswith("line")]
    assert len({(text.get("x"), text.get("y")) for text in legend}) == 9
