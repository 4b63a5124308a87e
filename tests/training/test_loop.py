import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from model.errors import RunError
from training import loop, utilisation
from training.checkpoint import load_newest
from training.loop import step_generator, train, update_ema
from training.optimizers import build_optimizers

from .toys import CONFIG, JudgedStage, LineStage

ROOT = Path(__file__).resolve().parents[2]


def rows(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def stop_after(steps: int, stage: LineStage) -> Callable[[], bool]:
    return lambda: len(stage.seen) >= steps


def assert_equal_weights(one: LineStage, two: LineStage) -> None:
    for modules in ((one.model, two.model), (one.ema, two.ema)):
        for a, b in zip(*(module.state_dict().values() for module in modules), strict=True):
            assert torch.equal(a, b)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_stopped_and_resumed_gives_the_same_bits(kind: Any, tmp_path: Path) -> None:
    config = replace(CONFIG, optimizer=replace(CONFIG.optimizer, kind=kind))
    straight, first, second = LineStage(config), LineStage(config), LineStage(config)
    assert len(build_optimizers(straight.model, config.optimizer)) == (2 if kind == "muon" else 1)
    assert train(straight, config, tmp_path / "straight") == 12
    assert train(first, config, tmp_path / "broken", stop_after(7, first)) == 7
    assert train(second, config, tmp_path / "broken") == 12
    assert second.seen == list(range(7, 12))
    assert_equal_weights(straight, second)


def test_killed_without_warning_resumes_from_the_last_checkpoint(tmp_path: Path) -> None:
    class Killed(LineStage):
        def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
            if step == 5:
                raise KeyboardInterrupt
            return super().loss(step)

    straight, second = LineStage(), LineStage()
    train(straight, CONFIG, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        train(Killed(), CONFIG, tmp_path / "broken")
    train(second, CONFIG, tmp_path / "broken")
    assert second.seen == list(range(4, 12))
    assert_equal_weights(straight, second)


def test_a_torn_checkpoint_costs_only_the_steps_since_the_one_before(tmp_path: Path) -> None:
    straight, first, second = LineStage(), LineStage(), LineStage()
    train(straight, CONFIG, tmp_path / "straight")
    train(first, CONFIG, tmp_path / "broken", stop_after(9, first))
    newest = max((tmp_path / "broken").glob("checkpoint-*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:100])
    train(second, CONFIG, tmp_path / "broken")
    assert second.seen == list(range(8, 12))
    assert_equal_weights(straight, second)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    train(LineStage(), CONFIG, tmp_path)
    again = LineStage()
    assert train(again, CONFIG, tmp_path) == 12
    assert again.seen == []


def test_another_recipe_is_refused_with_the_differences(tmp_path: Path) -> None:
    first = LineStage()
    train(first, CONFIG, tmp_path, stop_after(3, first))
    changed = replace(CONFIG, ema_decay=0.5, optimizer=replace(CONFIG.optimizer, lr=0.2))
    with pytest.raises(RunError, match="another recipe") as caught:
        train(LineStage(changed), changed, tmp_path)
    assert "ema_decay: was 0.999, now 0.5" in str(caught.value)
    assert "optimizer.lr: was 0.01, now 0.2" in str(caught.value)
    assert "seed" not in str(caught.value)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"at step 5 the model's loss is nan .*; lower the learning rate and"):
        train(LineStage(wrong={5: torch.nan}), CONFIG, tmp_path)
    second, straight = LineStage(), LineStage()
    train(second, CONFIG, tmp_path)
    train(straight, CONFIG, tmp_path / "straight")
    assert second.seen == list(range(4, 12))
    assert_equal_weights(straight, second)


def test_a_loss_that_is_not_finite_touches_no_weight(tmp_path: Path) -> None:
    failed, stopped = LineStage(wrong={5: torch.inf}), LineStage()
    with pytest.raises(RunError):
        train(failed, CONFIG, tmp_path / "failed")
    train(stopped, CONFIG, tmp_path / "stopped", stop_after(5, stopped))
    assert_equal_weights(failed, stopped)


def test_a_critic_whose_loss_is_not_finite_stops_too(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="at step 5 the critic's loss is nan"):
        train(JudgedStage(wrong={3 * 5 + 1: torch.nan}), CONFIG, tmp_path)
    assert max(tmp_path.glob("*.safetensors")).name == "checkpoint-00000004.safetensors"


def test_a_loss_that_explodes_stops_and_nothing_is_saved_meanwhile(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=200, log_every=100, save_every=5, picture_every=200)
    stage = LineStage(config, wrong=dict.fromkeys(range(118, 200), 1e6))
    with pytest.raises(RunError, match=r"at step 127 the model's loss is .*, more than 1000 times its usual size"):
        train(stage, config, tmp_path, lambda: len(stage.seen) > 122)
    assert max(tmp_path.glob("*.safetensors")).name == "checkpoint-00000115.safetensors"


def test_a_checkpoint_that_bad_batches_put_off_is_written_after_them(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=200, log_every=100, save_every=5, picture_every=200)
    stage = LineStage(config, wrong={118: 1e6, 119: 1e6})
    assert train(stage, config, tmp_path, lambda: len(stage.seen) > 118) == 121
    assert [path.stem[-3:] for path in sorted(tmp_path.glob("*.safetensors"))] == ["115", "121"]


def test_a_critic_and_both_optimisers_resume_to_the_same_bits(tmp_path: Path) -> None:
    config = replace(CONFIG, optimizer=replace(CONFIG.optimizer, kind="muon"))
    first = JudgedStage(config)
    assert train(JudgedStage(config), config, tmp_path / "straight") == 12
    assert train(first, config, tmp_path / "broken", stop_after(7, first)) == 7
    assert train(JudgedStage(config), config, tmp_path / "broken") == 12
    straight, resumed = (load_newest(tmp_path / name, pytest.fail) for name in ("straight", "broken"))
    assert straight is not None and resumed is not None and straight.tensors.keys() == resumed.tensors.keys()
    parts = {"model", "ema", "critic", "model_optimizer0", "model_optimizer1", "critic_optimizer0"}
    assert parts <= {name.partition(".")[0] for name in straight.tensors}
    assert all(torch.equal(tensor, resumed.tensors[name]) for name, tensor in straight.tensors.items())
    losses = [[(row["loss"], row["critic_loss"]) for row in rows(tmp_path / name)] for name in ("straight", "broken")]
    assert losses[0] == losses[1]


def test_updates_of_model_and_critic_are_counted_apart(tmp_path: Path) -> None:
    train(JudgedStage(), CONFIG, tmp_path)
    assert [(row["updates"], row["critic_updates"]) for row in rows(tmp_path)] == [(n, 3 * n) for n in range(2, 13, 2)]


def test_a_full_disk_costs_no_checkpoint_and_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="files have no limits here")
    code = f"""
import resource, sys
from pathlib import Path
from tests.training.toys import CONFIG, LineStage
from training.commands.run import run_command
from training.loop import train
stage = LineStage()
def fill():
    if len(stage.seen) == 7:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1200, 1200))  # enough for the log
    return False
sys.exit(run_command(lambda: train(stage, CONFIG, Path({str(tmp_path / "full")!r}), fill)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if not line.startswith("step ")]
    assert (
        len(errors) == 1
        and "checkpoint-00000008.safetensors: could not be written (File too large); make room" in errors[0]
    )
    straight, second = LineStage(), LineStage()
    train(second, CONFIG, tmp_path / "full")
    assert second.seen == list(range(6, 12))
    train(straight, CONFIG, tmp_path / "straight")
    assert_equal_weights(straight, second)


def test_counting_products_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, plain = LineStage(), LineStage()
    monkeypatch.setattr(utilisation, "product_rate", lambda device, dtype: 1e12)
    train(counted, CONFIG, tmp_path / "counted")
    assert [row["step"] for row in rows(tmp_path / "counted") if row.get("utilisation", 0) > 0] == [6]
    monkeypatch.setattr(utilisation, "_FIRST", -1)
    train(plain, CONFIG, tmp_path / "plain")
    assert not any("utilisation" in row for row in rows(tmp_path / "plain"))
    assert_equal_weights(counted, plain)


@pytest.mark.parametrize(("large", "warnings"), [(0.5, 1), (1.0, 0)])
def test_a_run_that_waits_for_data_says_so_once(
    large: float, warnings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "LARGE_SHARE", large)
    monkeypatch.setattr(loop.UtilisationMeter, "reading", lambda meter: {"data_wait": 0.75})
    train(LineStage(), CONFIG, tmp_path)
    assert {row["data_wait"] for row in rows(tmp_path)} == {0.75}
    assert capsys.readouterr().err.count("75% of the time is spent waiting for data; put the") == warnings


def test_log_and_pictures_are_left_behind(tmp_path: Path) -> None:
    train(LineStage(), CONFIG, tmp_path)
    found = rows(tmp_path)
    assert [row["step"] for row in found] == [2, 4, 6, 8, 10, 12]
    assert {"loss", "grad_norm", "lr", "updates", "seconds_per_step", "data_wait", "mse", "time"} <= found[0].keys()
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["grey-000006.png", "grey-000012.png"]


def test_a_picture_that_fails_costs_no_step(tmp_path: Path) -> None:
    class Blind(LineStage):
        def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
            raise ValueError("no picture")

    with pytest.raises(ValueError, match="no picture"):
        train(Blind(), CONFIG, tmp_path)
    second = LineStage()
    train(second, CONFIG, tmp_path)
    assert second.seen == list(range(6, 12))


def test_another_origin_is_refused(tmp_path: Path) -> None:
    first = LineStage()
    train(first, CONFIG, tmp_path, stop_after(3, first), origin={"dataset": "a"})
    with pytest.raises(RunError, match="dataset: was a, now b"):
        train(LineStage(), CONFIG, tmp_path, origin={"dataset": "b"})


def test_rows_after_the_checkpoint_are_not_repeated(tmp_path: Path) -> None:
    class Killed(LineStage):
        def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
            if step == 11:
                raise KeyboardInterrupt
            return super().loss(step)

    with pytest.raises(KeyboardInterrupt):
        train(Killed(), CONFIG, tmp_path)
    train(LineStage(), CONFIG, tmp_path)
    found = rows(tmp_path)
    assert [row["step"] for row in found] == [2, 4, 6, 8, 10, 12]
    assert [row["time"] for row in found] == sorted(row["time"] for row in found)


def test_ema_moves_towards_the_model() -> None:
    ema, model = nn.Linear(2, 2), nn.Linear(2, 2)
    expected = 0.75 * ema.weight.detach() + 0.25 * model.weight.detach()
    update_ema(ema, model, 0.75)
    torch.testing.assert_close(ema.weight.detach(), expected)


def test_randomness_is_a_function_of_seed_and_step() -> None:
    draws = {
        (seed, step): torch.rand((), generator=step_generator(seed, step)).item() for seed in (0, 1) for step in (0, 1)
    }
    assert len(set(draws.values())) == 4
    assert torch.rand((), generator=step_generator(1, 0)).item() == draws[1, 0]
