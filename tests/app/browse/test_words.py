from app.browse.words import lines_of, shortened, width_of
from tests.app.menu.hands import fonts

NAME = "/home/me/caf\udce9 \0.png"  # as a path that is no UTF-8 comes from the command line


def test_names_of_any_bytes_are_measured_as_they_are_drawn() -> None:
    with fonts():
        assert width_of(NAME, 20) == width_of("/home/me/caf? .png", 20)
        assert width_of(shortened(NAME, 20, 60), 20) <= 60
        assert len(lines_of(NAME, 20, 80)) > 1
