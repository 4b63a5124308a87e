import sys
from typing import NoReturn

import pytest

from app.warn import warn


def test_it_is_one_line_and_harms_nobody_where_it_cannot_be_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    warn("a sentence")
    assert capsys.readouterr().err == "warning: a sentence\n"

    def full(text: str) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.stderr, "write", full)
    warn("nobody hears")
