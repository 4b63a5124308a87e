import itertools
from pathlib import Path

import pytest

from app.settings import FILE, HandsSettings, Settings, asides_of, load_settings, read_settings, settings_path


def test_without_a_file_there_are_defaults_and_nothing_to_say(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path / FILE)
    assert loaded.settings == Settings() and loaded.notes == () and not list(tmp_path.iterdir())


def test_unknown_keys_are_reported(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("colour = 7\n[hands]\ninvert = true\nfeet = 2\n[later]\nx = 1\n")
    loaded = load_settings(path)
    assert loaded.settings.hands.invert
    assert [note.split("'")[1] for note in loaded.notes] == ["colour", "hands.feet", "later"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[hands]\nmouse_degrees = -1", "hands.mouse_degrees"),
        ("[hands]\nmouse_degrees = nan", "hands.mouse_degrees"),
        ("[hands]\npreset = 'feet'", "hands.preset"),
        ("[hands.bindings]\nfly = ['f']", "hands.bindings.fly"),
        ("[hands.bindings]\njump = 'j'", "hands.bindings.jump"),
        ("[hands.bindings]\njump = ['j', 4]", "hands.bindings.jump"),
        ("[hands]\nbindings = 3", "hands.bindings"),
        ("[picture]\nfilter = 'mud'", "picture.filter"),
        ("[picture]\nmost_fps = true", "picture.most_fps"),
        ("[picture]\nmost_fps = 5", "picture.most_fps"),
        ("play = 3", "play"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_the_others_count(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    loaded = load_settings(path)
    assert len(loaded.notes) == 1 and repr(named) in loaded.notes[0]
    assert loaded.settings == Settings()


def test_one_bad_value_does_not_cost_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("[hands]\ninvert = true\ndead_zone = 2.0\n")
    loaded = load_settings(path)
    assert loaded.settings.hands == HandsSettings(invert=True) and "dead_zone" in loaded.notes[0]


def test_a_binding_that_cannot_be_used_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("[hands.bindings]\nforward = ['e']\ndance = ['z']\nback = 'd'\nleft = ['s']\n")
    loaded = load_settings(path)
    assert loaded.settings.hands.bindings == {"forward": ("e",), "left": ("s",)}
    assert [note.split("'")[1] for note in loaded.notes] == ["hands.bindings.dance", "hands.bindings.back"]


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"[hands", b"= 3", b"[a]\n[a]", b"a = " + b"9" * 5000])
def test_a_file_that_is_no_toml_is_set_aside(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(junk)
    loaded = load_settings(path)
    assert loaded.settings == Settings() and "set aside" in loaded.notes[0]
    assert (tmp_path / f"{FILE}.broken").read_bytes() == junk and not path.exists()


def test_what_was_set_aside_before_stays_until_somebody_looks_at_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    for count in itertools.count(1):
        path.write_text(f"= {count}")
        (note,) = load_settings(path).notes
        if path.exists():
            break
        aside = asides_of(path)[count - 1]
        assert f"it was set aside as {aside.name}, defaults are used" in note
    assert [aside.read_text() for aside in asides_of(path)] == [f"= {number}" for number in range(1, count)]
    assert asides_of(path)[1].name == f"{FILE}.broken-2" and count > 10
    assert f"({count - 1} were set aside before; delete those)" in note and path.read_text() == f"= {count}"


@pytest.mark.parametrize("text", ["= 3", "odd = 1", "[hands]\ndead_zone = 2.0"])
def test_who_only_looks_leaves_the_file_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    assert len(read_settings(path).notes) == 1
    assert path.read_text() == text and list(tmp_path.iterdir()) == [path]


def test_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("version = 9\n[hands]\ninvert = true\n")
    loaded = load_settings(path)
    assert loaded.settings.hands.invert and "version 9" in loaded.notes[0]


def test_the_place_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVD_SETTINGS", str(tmp_path / "mine.toml"))
    assert settings_path() == tmp_path / "mine.toml"
    monkeypatch.delenv("ARVD_SETTINGS")
    assert settings_path().name == FILE


def test_a_file_that_cannot_be_set_aside_keeps_nobody_from_playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE
    path.write_text("= 3")

    def refuse(path: Path, target: Path) -> None:  # the tests may run as root, who may rename anything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    loaded = load_settings(path)
    assert loaded.settings == Settings() and path.read_text() == "= 3" and list(tmp_path.iterdir()) == [path]
    assert "cannot be set aside (Permission denied), defaults are used" in loaded.notes[0]


def test_no_more_is_said_than_can_be_seen_and_nothing_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / FILE
    for count in (3, 7):
        path.write_text("".join(f"odd{number} = 1\n" for number in range(count)))
        loaded = load_settings(path)
        assert len(loaded.notes) == count and len(loaded.brief) == 3
        assert loaded.brief[:2] == loaded.notes[:2]
    assert loaded.brief[-1].startswith("5 more things are wrong")


def test_a_runtime_that_no_arvd_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("[play]\nruntime = 'steam'\nwindow = 'a third'\n")
    loaded = load_settings(path)
    assert loaded.settings.play.runtime == "auto" and "play.runtime" in loaded.notes[0]
    assert loaded.settings.play.window == "a third"
