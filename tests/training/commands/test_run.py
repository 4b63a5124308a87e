import pytest

from model.errors import DataError
from training.commands.run import run_command


def _raise(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("the clip is torn; copy it again"), 2, "error: the clip is torn; copy it again"),
        (NotADirectoryError(20, "Not a directory", "runs/x"), 2, "error: runs/x: Not a directory; check the path"),
        (RuntimeError("two\nlines"), 1, "error: RuntimeError: two lines; ARVD_TRACEBACK=1 shows where"),
        (KeyboardInterrupt(), 1, "interrupted; start the same command again to resume"),
    ],
)
def test_each_mistake_is_one_sentence(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert run_command(lambda: _raise(error)) == code
    heard = capsys.readouterr().err
    assert heard.startswith(said) and heard.count("\n") == 1
