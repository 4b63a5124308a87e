"""The first hint, the hands and the loading screen say what is true of this person's keys."""

from app.bindings import PRESETS, Bindings, merged
from app.hands_view import caps_of, draw_hands
from app.room import room_of
from app.screens import HINT_SECONDS, Hint, loading
from model.actions import Action

from .said import reading

ROOM = room_of((1280, 720))


def hint(bindings: Bindings, captured: bool = True, by_pad: bool = False) -> str:
    with reading() as said:
        Hint().sprites(ROOM, 1.0, 1.0, captured, bindings, by_pad=by_pad)
    return " ".join(said)


def caps(bindings: Bindings) -> list[str]:
    with reading() as said:
        draw_hands(Action(), 1.0, caps_of(bindings))
    return said


def test_the_hint_names_the_keys_that_are_bound() -> None:
    assert hint(PRESETS["default"]) == "mouse look - WASD walk - Esc menu - R record - F3 figures"
    assert "WZSC walk" in hint(PRESETS["left hand"])
    assert "Up, Num 1, Down, Num 3 walk" in hint(PRESETS["right hand"])
    own = hint(merged("default", {"record": ("f8",), "menu": ("pad start", "home"), "figures": ()}))
    assert "F8 record" in own and "Home menu" in own and "figures" not in own
    assert hint(PRESETS["default"], captured=False).startswith("click to capture the mouse - WASD")


def test_whoever_plays_by_pad_is_told_its_buttons_and_no_others() -> None:
    for captured in (True, False):
        assert hint(PRESETS["default"], captured, by_pad=True) == "sticks walk and look - Start menu"
    own = merged("default", {"forward": ("pad y", "w"), "back": ("pad a", "s"), "record": ("r", "pad x")})
    read = hint(own, by_pad=True)
    assert read == "stick look - Y, Stick left, A, Stick right walk - Start menu - X record"


def test_whoever_plays_by_pad_need_not_capture_the_mouse() -> None:
    with reading():
        for by_pad in (False, True):
            line = Hint()
            seen = [line.sprites(ROOM, now, 1.0, False, PRESETS["default"], by_pad=by_pad) for now in (0.0, 60.0)]
            assert [bool(sprites) for sprites in seen] == [True, not by_pad]


def test_caps_show_the_keys_that_are_bound() -> None:
    assert caps(PRESETS["default"]) == ["W", "A", "S", "D", "Shift", "Space", "Ctrl", "left", "right"]
    assert caps(PRESETS["left hand"]) == ["W", "Z", "S", "C", "Shift", "Space", "Ctrl", "F", "V"]
    assert caps(merged("default", {"jump": ("right alt",)}))[5] == "R Alt"


def test_the_hint_fades_or_goes_at_once() -> None:
    with reading():
        for still in (False, True):
            line = Hint()
            alphas = []
            for tenth in range(80):
                sprites = line.sprites(ROOM, tenth / 10, 1.0, True, PRESETS["default"], still=still)
                alphas += [sprite.alpha for sprite in sprites]
            assert len(alphas) == round(10 * HINT_SECONDS)
            assert (set(alphas) == {1.0}) == still


def test_dots_of_the_loading_screen_move_with_the_beat_or_not_at_all() -> None:
    with reading():
        looks = {beat: [bytes(s.surface.get_buffer()) for s in loading("a", (640, 400), beat)] for beat in (None, 0, 1)}
    assert looks[0] != looks[1]
    assert len(set(looks[None][-3:])) == 1 and looks[None][-1] in looks[0]
