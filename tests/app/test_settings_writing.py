import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
import tomli_w
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from app.settings import FILE, HandsSettings, PictureSettings, PlaySettings, Settings, load_settings, read_settings
from app.settings_writing import save_settings
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

BY_HAND = """\
# my settings
version = 2

[hands]  # both of them
invert = true   # as in a plane
feet = 2

# what it looks like
[picture]
filter = "mud"
text_scale = 1.5

[hologram]
depth = [
    1,  # near
    2,
]
"""


def chosen(path: Path, **sections: Any) -> Settings:
    """Choose otherwise than the file says, and have it written."""
    before = read_settings(path).settings
    now = replace(before, **{name: replace(getattr(before, name), **values) for name, values in sections.items()})
    save_settings(path, now, before)
    return now


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    hands = HandsSettings(preset="left hand", bindings={"jump": ("j", "mouse 4")}, invert=True, toggle=("sneak",))
    settings = Settings(hands=hands, play=PlaySettings(last_world='C:\\worlds\\"mine"\n#\x01'))
    save_settings(tmp_path / "deep" / FILE, settings, Settings())
    loaded = load_settings(tmp_path / "deep" / FILE)
    assert loaded.settings == settings and loaded.notes == ()


def test_only_what_was_chosen_stands_in_the_file(tmp_path: Path) -> None:
    chosen(tmp_path / FILE, picture={"filter": "pixels"})
    assert (tmp_path / FILE).read_text() == 'version = 1\n\n[picture]\nfilter = "pixels"\n'


def test_a_change_taken_back_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / FILE
    chosen(path, hands={"bindings": {"jump": ("j",)}})
    chosen(path, hands={"bindings": {}})
    assert load_settings(path).settings == Settings()


def test_what_a_person_wrote_stays_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(BY_HAND)
    now = chosen(
        path,
        hands={"invert": False, "preset": "left hand"},
        picture={"vsync": False, "text_scale": 2.0},
        play={"fit": False},
    )
    assert load_settings(path).settings == now
    text = BY_HAND.replace("invert = true ", "invert = false ").replace("text_scale = 1.5", "text_scale = 2.0")
    text = text.replace("feet = 2\n", 'feet = 2\npreset = "left hand"\n').replace("2.0\n", "2.0\nvsync = false\n")
    assert path.read_text() == f"{text}\n[play]\nfit = false\n"


DOTTED = """\
# mine
hands.invert = true # z
picture.vsync = false # v
"""


@pytest.mark.parametrize(
    ("text", "sections", "after"),
    [
        (
            DOTTED,
            {"hands": {"bindings": {"jump": ("j",)}, "invert": False}, "play": {"fit": False}},
            "# mine\nhands.invert = false # z\n"
            'hands.bindings = {jump = ["j"]}\npicture.vsync = false # v\nplay = {fit = false}\n',
        ),
        (DOTTED, {"play": {"fit": False}}, f"{DOTTED}\n[play]\nfit = false\n"),
        (
            f"{DOTTED}\n# about\n[play] # p\nfit = true # f\n",
            {"hands": {"bindings": {"jump": ("j",)}}, "play": {"fit": False}},
            DOTTED.replace("picture", 'hands.bindings = {jump = ["j"]}\npicture')
            + "\n# about\n[play] # p\nfit = false # f\n",
        ),
        (
            "odd = nan # n\nodder = 1979-05-27\n[hands] # h\ninvert = true\n",
            {"hands": {"invert": False}},
            "odd = nan # n\nodder = 1979-05-27\n[hands] # h\ninvert = false\n",
        ),
        ("[hands.bindings] # b\n", {"hands": {"invert": True}}, "[hands]\ninvert = true\n\n[hands.bindings] # b\n"),
        (
            '[hands.bindings] # b\njump = ["j"] # j\n\n[hands] # h\ninvert = true # i\n',
            {"hands": {"bindings": {"jump": ("k",)}, "invert": False}},
            '[hands.bindings] # b\njump = ["k"] # j\n\n[hands] # h\ninvert = false # i\n',
        ),
    ],
)
def test_comments_stay_however_a_person_writes_toml(
    tmp_path: Path, text: str, sections: dict[str, Any], after: str
) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    now = chosen(path, **sections)
    assert path.read_text() == after and read_settings(path).settings == now


@pytest.mark.parametrize("keeps", [True, False], ids=["comments kept", "comments lost"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bytes, keeps: bool) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"version = 1\n\n[hands]\ninvert = true\n".replace(b"\n", ends))
    if not keeps:
        monkeypatch.setattr("tomlkit.parse", worse)
    now = chosen(path, hands={"invert": False}, play={"fit": False})
    written = b"version = 1\n\n[hands]\ninvert = false\n\n[play]\nfit = false\n"
    assert path.read_bytes() == written.replace(b"\n", ends) and read_settings(path).settings == now


def test_a_file_whose_lines_end_in_both_ways_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"# a\r\n[hands] # b\ninvert = true\r\n")
    chosen(path, hands={"invert": False})
    assert path.read_bytes() == b"# a\n[hands] # b\ninvert = false\n"


def test_what_cannot_be_used_stays_until_that_very_setting_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text('version = 2\n[hands.bindings]\nback = "d"\ndance = ["z"]\n[play]\nquality = "turbo"\nfit = 3\n')
    chosen(path, play={"fit": False}, hands={"bindings": {"jump": ("j",)}})
    bindings = {"back": "d", "dance": ["z"], "jump": ["j"]}
    table = {"version": 2, "hands": {"bindings": bindings}, "play": {"quality": "turbo", "fit": False}}
    assert tomllib.loads(path.read_text()) == table
    chosen(path, play={"quality": "auto"}, hands={"bindings": {"back": ("b",)}})
    table["play"] = {"quality": "auto", "fit": False}
    table["hands"] = {"bindings": {"back": ["b"], "dance": ["z"]}}
    assert tomllib.loads(path.read_text()) == table, "what is unknown stays, what was taken back does not"


def test_a_value_in_the_place_of_a_table_makes_way_for_what_is_chosen_in_that(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("hands = [3]\npicture = 3\n")
    chosen(path, picture={"filter": "pixels"})
    assert tomllib.loads(path.read_text()) == {"hands": [3], "picture": {"filter": "pixels"}}


def test_what_was_written_meanwhile_stays(tmp_path: Path) -> None:
    path, before = tmp_path / FILE, Settings()
    chosen(path, picture={"filter": "pixels"})
    save_settings(path, replace(before, hands=HandsSettings(invert=True)), before)
    both = Settings(hands=HandsSettings(invert=True), picture=PictureSettings(filter="pixels"))
    assert load_settings(path).settings == both


def test_the_same_settings_are_not_written(tmp_path: Path) -> None:
    save_settings(tmp_path / FILE, Settings(), Settings())
    assert not list(tmp_path.iterdir())


@given(st.dictionaries(st.sampled_from(["hands", "picture", "play", "other"]), sections | values, max_size=4))
def test_any_toml_can_be_played_with_and_changed(table: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(tomli_w.dumps(table).encode())
        kept = {key: dict(value) for key, value in table.items() if isinstance(value, dict)}
        notes = load_settings(path).notes
        now = chosen(path, hands={"mouse_degrees": 0.2}, play={"last_world": "mine"})
        again, after = load_settings(path), tomllib.loads(path.read_text(encoding="utf-8"))
    assert again.settings == now and set(again.notes) <= set(notes)
    for key, values in {"hands": {"mouse_degrees": 0.2}, "play": {"last_world": "mine"}}.items():
        assert after[key] == {**kept.get(key, {}), **values}
    assert {key: after.get(key) for key in ("picture", "other")} == {
        key: table.get(key) for key in ("picture", "other")
    }


def worse(text: str) -> NoReturn:
    raise KeyError(text)


@pytest.mark.parametrize("parse", [worse, lambda text: tomlkit.document()])
def test_what_is_chosen_is_written_even_where_comments_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parse: Callable[[str], object]
) -> None:
    path = tmp_path / FILE
    path.write_text(BY_HAND)
    monkeypatch.setattr("tomlkit.parse", parse)
    chosen(path, hands={"invert": False})
    table = tomllib.loads(BY_HAND)
    table["hands"]["invert"] = False
    assert tomllib.loads(path.read_text()) == table


@pytest.mark.parametrize("junk", [b"= 3", b"\xff", b"a = " + b"9" * 5000])
def test_a_file_that_is_no_toml_any_more_is_not_written_over(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(junk)
    with pytest.raises(RunError, match=r"any more .*; it is not written over"):
        save_settings(path, Settings(hands=HandsSettings(invert=True)), Settings())
    assert path.read_bytes() == junk and list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = r"could not be written \(File exists\); its folder has to be one that you may write to, and no other program"
    with pytest.raises(RunError, match=said):
        save_settings(tmp_path / "file" / FILE, Settings(hands=HandsSettings(invert=True)), Settings())


def test_a_file_that_another_program_holds_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    path.write_text(BY_HAND)

    def held(path: Path, target: Path) -> NoReturn:
        raise PermissionError(13, "Access is denied")  # what Windows says

    monkeypatch.setattr(Path, "replace", held)
    said = r"written \(Access is denied\); its folder .* write to, and no other program may hold the file open$"
    with pytest.raises(RunError, match=said):
        chosen(path, hands={"invert": False})
    assert path.read_text() == BY_HAND and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_file_and_only_room_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    path.write_text(BY_HAND)

    def full(_: int) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match=r"written \(No space left on device\); make room on the disk$"):
        chosen(path, hands={"invert": False})
    assert path.read_text() == BY_HAND and list(tmp_path.iterdir()) == [path]


def test_no_start_waits_for_what_keeps_comments() -> None:
    code = "import sys, app.preferences, app.menu.gallery; sys.exit('tomlkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
