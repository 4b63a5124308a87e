import tomllib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from app.settings import FILE, HandsSettings, Settings, load_settings, read_settings, save_settings, settings_path
from model.errors import RunError

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)  # lone surrogates stand in no file
values = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=8,
)
sections = st.dictionaries(
    st.sampled_from(["preset", "bindings", "invert", "dead_zone", "filter", "quality", "odd"]), values, max_size=5
)


def test_without_a_file_there_are_defaults_and_nothing_to_say(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path / FILE)
    assert loaded.settings == Settings() and loaded.notes == () and not list(tmp_path.iterdir())


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    hands = HandsSettings(preset="left hand", bindings={"jump": ("j", "mouse 4")}, invert=True, toggle=("sneak",))
    settings = replace(Settings(), hands=hands)
    save_settings(tmp_path / "deep" / FILE, settings)
    assert load_settings(tmp_path / "deep" / FILE).settings == settings


def test_a_change_taken_back_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / FILE
    save_settings(path, replace(Settings(), hands=HandsSettings(bindings={"jump": ("j",)})))
    loaded = load_settings(path)
    save_settings(path, Settings(), loaded.kept)
    assert load_settings(path).settings == Settings()


def test_unknown_keys_are_kept_and_reported(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("colour = 7\n[hands]\ninvert = true\nfeet = 2\n[later]\nx = 1\n")
    loaded = load_settings(path)
    assert loaded.settings.hands.invert
    assert [note.split("'")[1] for note in loaded.notes] == ["colour", "hands.feet", "later"]
    save_settings(path, loaded.settings, loaded.kept)
    table = tomllib.loads(path.read_text())
    assert (table["colour"], table["hands"]["feet"], table["later"]) == (7, 2, {"x": 1})
    assert table["hands"]["invert"] is True and table["version"] == 1


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

    reset = replace(loaded.settings, hands=replace(loaded.settings.hands, bindings={"forward": ("e",)}))
    save_settings(path, reset, loaded.kept)
    bindings = tomllib.loads(path.read_text())["hands"]["bindings"]
    assert bindings == {"dance": ["z"], "forward": ["e"]}, "what is unknown stays, what was taken back does not"


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"[hands", b"= 3", b"[a]\n[a]"])
def test_a_file_that_is_no_toml_is_set_aside(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(junk)
    loaded = load_settings(path)
    assert loaded.settings == Settings() and "set aside" in loaded.notes[0]
    assert (tmp_path / f"{FILE}.broken").read_bytes() == junk and not path.exists()


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


@given(st.dictionaries(st.sampled_from(["hands", "picture", "play", "other"]), sections | values, max_size=4))
def test_any_toml_can_be_played_with(table: dict[str, object]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(tomli_w.dumps(table).encode())
        loaded = load_settings(path)
        save_settings(path, loaded.settings, loaded.kept)
        again = load_settings(path)
    assert again.settings == loaded.settings


def test_the_place_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVD_SETTINGS", str(tmp_path / "mine.toml"))
    assert settings_path() == tmp_path / "mine.toml"
    monkeypatch.delenv("ARVD_SETTINGS")
    assert settings_path().name == FILE


def test_a_place_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="could not be written"):
        save_settings(tmp_path / "file" / FILE, Settings())


def test_a_file_that_cannot_be_set_aside_keeps_nobody_from_playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE
    path.write_text("= 3")

    def refuse(path: Path, target: Path) -> None:  # the tests may run as root, who may rename anything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    loaded = load_settings(path)
    assert loaded.settings == Settings() and path.read_text() == "= 3"
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
