import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.clip import Prompt
from model.footage.gf_annotations import read_annotations

HEADER = "Original video name,Start frame index,End frame index,Prompt\n"


def annotate(folder: Path, text: str) -> Path:
    path = folder / "annotation.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        "original video name,start frame index,end frame index,prompt\r\n",
        "OriginalVideoName,Start  Frame Index,END FRAME INDEX, Prompt \n",
        "\ufeff Original video name , Start frame index, End frame index, Prompt\n\n",
    ],
)
def test_the_header_in_any_spelling(header: str, tmp_path: Path) -> None:
    path = annotate(tmp_path, header + 'a.mp4,0,81,"A hill, at dawn."\na.mp4, 81 ,162.0, A lake.\n')
    assert read_annotations(path).prompts("a") == (Prompt(0, 81, "A hill, at dawn."), Prompt(81, 162, "A lake."))


def test_columns_in_another_order_among_others(tmp_path: Path) -> None:
    path = annotate(tmp_path, "id,Prompt,End frame index,Original video name,Start frame index\n7,Sand.,9,a,3\n")
    assert read_annotations(path).prompts("a") == (Prompt(3, 9, "Sand."),)


@pytest.mark.parametrize(
    ("written", "stem", "meant"),
    [
        ("seed_1_part_0.mp4", "seed_1_part_0", True),
        ("seed_1_part_0", "seed_1_part_0", True),
        ("seed_1_part", "seed_1_part_0", True),
        ("seed_1_part_", "seed_1_part_0", True),
        ("video/seed_1_part_0.mp4", "seed_1_part_0", True),
        ("seed_1_part_1", "seed_1_part_10", False),
        ("seed_1_part_1.mp4", "seed_1_part_1", True),
        ("seed_1", "seed_12_part_0", False),
        ("seed_1", "seed_1_part_0", True),
        ("seed_1_part_10", "seed_1_part_1", False),
        ("Dünen im Wind.mp4", "Dünen im Wind", True),
    ],
)
def test_names_whole_and_cut_short(written: str, stem: str, meant: bool, tmp_path: Path) -> None:
    found = read_annotations(annotate(tmp_path, f"{HEADER}{written},0,9,Sand.\n")).prompts(stem)
    assert found == ((Prompt(0, 9, "Sand."),) if meant else ())


def test_the_longest_name_wins(tmp_path: Path) -> None:
    rows = "seed_1,0,9,short\nseed_1_part_2.mp4,0,9,whole\nseed_1_part,0,9,part\nseed_1_part_2,9,18,whole too\n"
    annotations = read_annotations(annotate(tmp_path, HEADER + rows))
    assert [prompt.text for prompt in annotations.prompts("seed_1_part_2")] == ["whole", "whole too"]
    assert [prompt.text for prompt in annotations.prompts("seed_1_part_3")] == ["part"]
    assert [prompt.text for prompt in annotations.prompts("seed_1_x")] == ["short"]
    assert annotations.prompts("seed_2") == annotations.prompts("") == ()


def test_rows_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    path = annotate(tmp_path, HEADER + "a,0,9,\n,,,\n\n,0,9,of no clip\na,0,9,said\n")
    assert read_annotations(path).by_stem == {"a": (Prompt(0, 9, "said"),)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", None),
        (HEADER, None),
        ("name,prompt\na,Sand.\n", "no header of columns Original video name"),
        (HEADER + "a,0,9,x\na,zero,9,x\n", "line 3 has no range of frames"),
        (HEADER + "a,9,9,x\n", "line 2 has no range of frames"),
        (HEADER + "a,-1,9,x\n", "line 2 has no range of frames"),
        (HEADER + "a,0,1e999,x\n", "line 2 has no range of frames"),
        (HEADER + "a,0,nan,x\n", "line 2 has no range of frames"),
        (HEADER + f"a,0,{10**30},x\n", "line 2 has no range of frames"),
        (HEADER + "a,0\n", "line 2 has 2 columns, too few"),
        (HEADER + f'a,0,9,"{"x" * 200_000}"\n', "is no CSV"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, message: str | None, tmp_path: Path) -> None:
    path = annotate(tmp_path, text)
    if message is None:
        assert not read_annotations(path).by_stem
        return
    with pytest.raises(DataError, match=message) as caught:
        read_annotations(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_other_bytes_and_other_sizes(tmp_path: Path) -> None:
    path = tmp_path / "annotation.csv"
    path.write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_annotations(path)
    with path.open("r+b") as file:
        file.truncate(65 << 20)
    with pytest.raises(DataError, match="is 65 MiB, larger than 64 MiB"):
        read_annotations(path)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, start=st.integers(0, 2000), length=st.integers(1, 2000), prompt=TEXT)
def test_what_a_csv_writer_writes_is_read(name: str, start: int, length: int, prompt: str, tmp_path: Path) -> None:
    path = tmp_path / "annotation.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER.strip().split(","), (f"{name}.mp4", start, start + length, prompt)])
    for stem, prompts in read_annotations(path).by_stem.items():
        assert prompts == (Prompt(start, start + length, prompt.strip()),)
        assert name.strip().endswith(stem) or stem in f"{name}.mp4"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: (HEADER + text).encode(errors="replace")))
def test_any_bytes_are_read_or_a_data_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "annotation.csv"
    path.write_bytes(data)
    try:
        annotations = read_annotations(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert all(prompt.start < prompt.end for prompts in annotations.by_stem.values() for prompt in prompts)
