from pathlib import Path

import pytest

from app.menu.page import Choice, Entry, Slider, Switch
from app.menu.settings_pages import settings_page
from app.preferences import Preferences
from app.settings import HandsSettings, Loaded, PlaySettings, Settings

from .hands import Hands

PAGES = ("Hands", "Picture", "Play")


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(Loaded(Settings()), tmp_path / "settings.toml")


@pytest.fixture
def hands(preferences: Preferences) -> Hands:
    hands = Hands()
    hands.menu.open(lambda: settings_page(preferences, hands.menu))
    return hands


def entries(hands: Hands) -> dict[str, Entry]:
    return {item.label: item for item in hands.menu.page.items if isinstance(item, Entry)}


@pytest.mark.parametrize("page", PAGES)
def test_every_entry_changes_a_setting_that_holds(hands: Hands, preferences: Preferences, page: str) -> None:
    hands.choose(page)
    for label, entry in entries(hands).items():
        assert entry.turn is not None and isinstance(entry.control, Switch | Choice | Slider) and entry.note
        before = preferences.settings
        entry.turn(1)
        if preferences.settings == before:  # it stood at its end
            entry.turn(-1)
        assert preferences.settings != before, label
        hands.menu.refresh()


@pytest.mark.parametrize("page", PAGES)
def test_no_entry_leaves_what_the_settings_allow(hands: Hands, preferences: Preferences, page: str) -> None:
    hands.choose(page)
    for label in entries(hands):
        for by in (-1, 1):
            for _ in range(130):
                turn = entries(hands)[label].turn
                assert turn is not None
                turn(by)
                hands.menu.refresh()
        control = entries(hands)[label].control
        if isinstance(control, Slider):
            assert control.share == 1.0
            for share in (0.0, 0.31, 1.0):
                control.slide(share)


def test_a_switch_is_turned_by_all_ways(hands: Hands, preferences: Preferences) -> None:
    hands.choose("Hands")
    hands.choose("Invert")
    assert preferences.settings.hands.invert
    hands.press("left")
    assert not preferences.settings.hands.invert
    hands.press("right", "right")
    assert preferences.settings.hands.invert
    hands.press("return")
    assert not preferences.settings.hands.invert
    hands.choose("Sneak stays on")
    assert preferences.settings.hands.toggle == ("sneak",)


def test_a_number_beyond_the_slider_stays_until_it_is_moved(tmp_path: Path) -> None:
    settings = Settings(hands=HandsSettings(mouse_degrees=5.0))
    preferences, hands = Preferences(Loaded(settings), tmp_path / "settings.toml"), Hands()
    hands.menu.open(lambda: settings_page(preferences, hands.menu))
    hands.choose("Hands")
    control = entries(hands)["Mouse"].control
    assert isinstance(control, Slider) and control.share == 1.0 and control.words == "5.00"
    assert preferences.settings.hands.mouse_degrees == 5.0


def test_what_needs_a_restart_says_so(hands: Hands, preferences: Preferences) -> None:
    hands.choose("Picture")
    assert entries(hands)["Wait for the screen"].tag == "", "nothing says that the driver will not have it"
    preferences.listeners.append(lambda before, now: setattr(preferences, "vsync_later", True))
    hands.choose("Wait for the screen")
    assert entries(hands)["Wait for the screen"].tag == "from the next start"
    hands.press("escape")
    hands.choose("Play")
    assert {entries(hands)[name].tag for name in ("Rewind", "Recordings")} == {"from the next world"}


@pytest.mark.parametrize(("inputs", "said"), [(("f3",), " (F3)"), (("f8", "pad y"), " (F8)"), ((), "")])
def test_what_shows_figures_names_its_key(
    hands: Hands, preferences: Preferences, inputs: tuple[str, ...], said: str
) -> None:
    preferences.change(hands=HandsSettings(bindings={"figures": inputs}))
    hands.choose("Play")
    assert entries(hands)["Figures"].note == f"show speed and delays{said}"


def test_how_far_one_can_go_back_names_the_memory_that_bounds_it(hands: Hands) -> None:
    hands.choose("Play")
    assert entries(hands)["Rewind"].note == "seconds that can be gone back, as far as 256 MB reach"


def test_as_many_pictures_as_the_display_shows_can_be_chosen(hands: Hands, preferences: Preferences) -> None:
    hands.choose("Picture")
    control = entries(hands)["Pictures a second"].control
    assert isinstance(control, Choice) and control.words == "as the display"
    turn = entries(hands)["Pictures a second"].turn
    assert turn is not None
    turn(1)
    assert preferences.settings.picture.most_fps == 30


def test_what_chooses_the_steps_says_when_it_rests(hands: Hands, preferences: Preferences) -> None:
    hands.choose("Play")
    assert "recording" not in entries(hands)["Quality"].note
    preferences.change(play=PlaySettings(quality="auto"))
    hands.menu.refresh()
    assert "while a recording runs they stay" in entries(hands)["Quality"].note
