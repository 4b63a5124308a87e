from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.errors import DataError, RunError
from tests.footage import write_clip
from training.commands.idm import train_idm
from training.commands.train import main
from training.data.windows import WindowStreamConfig
from training.inverse_dynamics import load_inverse_dynamics
from training.loop import LoopConfig
from training.stages.inverse_dynamics import InverseDynamicsStageConfig

from ..metrics.readers import SMALL

CONFIG = InverseDynamicsStageConfig(
    loop=LoopConfig(steps=4, save_every=2), model=SMALL, data=WindowStreamConfig(frames=5, batch=2)
)


def run(data: Path, folder: Path, config: InverseDynamicsStageConfig = CONFIG, *, stop_after: int | None = None) -> int:
    """Train into `folder`; with `stop_after`, stop after so many steps."""
    asked = iter(range(100))
    return train_idm(
        data,
        folder / "idm.safetensors",
        folder / "run",
        config=config,
        device=torch.device("cpu"),
        stop=lambda: stop_after is not None and next(asked) + 1 >= stop_after,
    )


def test_trains_saves_and_reads_the_clip_that_was_held_out(
    shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shared_footage, tmp_path) == 0
    model = load_inverse_dynamics(tmp_path / "idm.safetensors")
    assert model.trained_on is not None
    assert (model.trained_on.clips, model.trained_on.frames, model.trained_on.steps) == (2, 55, 4)
    # the synthetic footage holds every key of the layout at times; attack and use are not in the layout
    assert model.config.keys == ("forward", "back", "left", "right", "jump", "sneak", "sprint")
    out = capsys.readouterr().out
    assert "1 clips that were held out" in out and "yaw" in out and "sprint" in out


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(
    shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, pieces = tmp_path / "straight", tmp_path / "pieces"
    run(shared_footage, straight)
    assert run(shared_footage, pieces, stop_after=2) == 0
    assert "start the same command again" in capsys.readouterr().err
    assert not (pieces / "idm.safetensors").exists()
    run(shared_footage, pieces)
    expected, found = (load_inverse_dynamics(folder / "idm.safetensors") for folder in (straight, pieces))
    assert all(torch.equal(found.state_dict()[name], tensor) for name, tensor in expected.state_dict().items())
    assert found.trained_on == expected.trained_on


def test_other_runs_and_unfit_footage_are_refused(shared_footage: Path, tmp_path: Path) -> None:
    run(shared_footage, tmp_path, stop_after=1)
    with pytest.raises(RunError, match=r"\(blur: was 1.5, now 1.0\)"):
        run(shared_footage, tmp_path, replace(CONFIG, blur=1.0))
    with pytest.raises(DataError, match="48x32, smaller than the 80x48 that is wanted"):
        run(shared_footage, tmp_path, InverseDynamicsStageConfig())
    write_clip(tmp_path / "one", "a", 24)
    with pytest.raises(DataError, match="one to train on and one to test on"):
        run(tmp_path / "one", tmp_path)


def test_command_answers_bad_input_in_one_sentence(
    shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--out", str(tmp_path / "idm.safetensors"), "--root", str(tmp_path / "run"), "--device", "cpu"]
    assert main(["idm", "--data", str(shared_footage), *common]) == 2
    assert "smaller than the 80x48 that is wanted" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main(["idm", "--data", str(shared_footage)])
    assert left.value.code == 2 and "--out" in capsys.readouterr().err
