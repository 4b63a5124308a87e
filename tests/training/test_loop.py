import copy
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from model.errors import RunError
from training.loop import Critic, LoopConfig, step_generator, train, update_ema
from training.optimizers import OptimizerConfig, build_optimizers

CONFIG = LoopConfig(
    steps=12,
    seed=3,
    optimizer=OptimizerConfig(lr=0.01, warmup=2),
    log_every=2,
    save_every=4,
    picture_every=6,
)


class LineStage:
    """Fits a small network to noise drawn per step."""

    critic: Critic | None = None

    def __init__(self, config: LoopConfig = CONFIG, *, poison: int = -1) -> None:
        torch.manual_seed(config.seed)
        self.config, self.poison, self.seen = config, poison, list[int]()
        blocks = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
        self.model = nn.Sequential(OrderedDict(blocks=blocks))  # Muon takes the matrices of what is called so
        self.ema = copy.deepcopy(self.model)

    @property
    def recipe(self) -> Mapping[str, Any]:
        return {"stage": "line"} | asdict(self.config)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        self.seen.append(step)
        x = torch.randn((8, 3), generator=step_generator(self.config.seed, step))
        loss: Tensor = (self.model(x) - x.sum(1, keepdim=True)).square().mean()
        return (loss * torch.nan if step == self.poison else loss), {"mse": loss.detach()}

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        return {"grey": np.full((4, 6, 3), 128, np.uint8)}


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
    with pytest.raises(RunError, match="loss nan at step 5 is not finite; lower the learning rate"):
        train(LineStage(poison=5), CONFIG, tmp_path)
    second, straight = LineStage(), LineStage()
    train(second, CONFIG, tmp_path)
    train(straight, CONFIG, tmp_path / "straight")
    assert second.seen == list(range(4, 12))
    assert_equal_weights(straight, second)


def test_log_and_pictures_are_left_behind(tmp_path: Path) -> None:
    train(LineStage(), CONFIG, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10, 12]
    assert {"loss", "grad_norm", "lr", "seconds_per_step", "mse", "time"} <= rows[0].keys()
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
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10, 12]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


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
