import os
from pathlib import Path

import pytest

from model.errors import DataError
from model.footage.untrusted import in_words, json_lines, plain_name, read_json, read_toml


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"x = " + b"[" * 100_000, "not readable as TOML"),
        (b"x = " + b"9" * 5000, "not readable as TOML"),  # Python reads no number of so many digits
        (b"a" + b".a" * 40 + b" = 1", "line 1 has more than 32 dots"),
        (b"x = 1\n[a" + b".'a'" * 100_000 + b"]", "line 2 has more than 32 dots"),
        (b"x = {a" + b" . a" * 100_000 + b" = 1}", "line 1 has more than 32 dots"),
        (b"\xff", "not readable as TOML"),
        (b"#" * 2_000_000, "is 1953 KiB, larger than 1024 KiB"),
    ],
)
def test_toml_that_would_choke_its_parser_is_refused(text: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(text)
    with pytest.raises(DataError, match=rf"a\.toml: {message}") as refused:
        read_toml(path, 1 << 20)
    assert len(str(refused.value)) < 500


def test_toml_is_read_whatever_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'x = 1\r\n["a name. with a dot".b]\r\ny = 0xff\r\n')
    assert read_toml(path, 1 << 20) == {"x": 1, "a name. with a dot": {"b": {"y": 255}}}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for read in (read_json, lambda path: read_toml(path, 1000), lambda path: list(json_lines(path))):
        with pytest.raises(DataError, match="pipe: missing"):
            read(pipe)


def test_what_a_library_says_becomes_one_short_line() -> None:
    said = in_words(ValueError("type \x0f\nof \ud800 " + "x" * 1000))
    assert said.isprintable() and said.startswith("type ??of ? xx") and len(said) == 200


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a\0b", "a\nb", "a\x1b[2J", "a\u202eb", "a\udcff", "ü" * 128]
)
def test_names_that_no_file_should_have_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"here: .* is no name") as refused:
        plain_name(name, "here")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["a", "seed 1 part.2", "Wäldchen ☃", "ü" * 127, ".hidden"])
def test_names_of_any_letters_are_taken(name: str) -> None:
    assert plain_name(name, "here") == name
