from pathlib import Path

import pytest
import torch
from torch import nn

from training.checkpoint import (
    Checkpoint,
    load_newest,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    save_checkpoint,
    unprefixed,
)


def checkpoint(step: int) -> Checkpoint:
    tensors = {
        "weight": torch.full((2, 3), float(step)),
        "half": torch.ones(2).half(),
        "step": torch.tensor(step),
    }
    return Checkpoint(step, tensors, {"stage": "test", "rate": 0.1, "sizes": [1, 2]})


def no_warning(message: str) -> None:
    raise AssertionError(message)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_round_trip(tmp_path: Path) -> None:
    saved = checkpoint(7)
    save_checkpoint(tmp_path, saved)
    loaded = load_newest(tmp_path, no_warning)
    assert loaded is not None and loaded.step == 7 and loaded.recipe == saved.recipe
    assert loaded.tensors.keys() == saved.tensors.keys()
    for name, tensor in saved.tensors.items():
        assert loaded.tensors[name].dtype == tensor.dtype and torch.equal(loaded.tensors[name], tensor)


def test_tensors_that_are_views_survive(tmp_path: Path) -> None:
    whole = torch.arange(6.0).reshape(2, 3)
    save_checkpoint(tmp_path, Checkpoint(1, {"turned": whole.T, "row": whole[1]}, {}))
    loaded = load_newest(tmp_path, no_warning)
    assert loaded is not None
    assert torch.equal(loaded.tensors["turned"], whole.T) and torch.equal(loaded.tensors["row"], whole[1])


def test_an_empty_folder_has_no_checkpoint(tmp_path: Path) -> None:
    assert load_newest(tmp_path, no_warning) is None
    assert load_newest(tmp_path / "nowhere", no_warning) is None


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 200):
        save_checkpoint(tmp_path, checkpoint(step))
    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == [
        "checkpoint-00000010",
        "checkpoint-00000200",
    ]
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("victim", ["checkpoint-00000002.safetensors", "checkpoint-00000002.sha256"])
@pytest.mark.parametrize("harm", [damage, Path.unlink], ids=["truncated", "missing"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(victim: str, harm: object, tmp_path: Path) -> None:
    for step in (1, 2):
        save_checkpoint(tmp_path, checkpoint(step))
    assert callable(harm)
    harm(tmp_path / victim)
    warnings: list[str] = []
    loaded = load_newest(tmp_path, warnings.append)
    assert loaded is not None and loaded.step == 1
    if (tmp_path / "checkpoint-00000002.safetensors").exists():
        assert len(warnings) == 1 and warnings[0].startswith("checkpoint-00000002.safetensors is damaged")


def test_damaged_newer_files_do_not_push_out_a_good_one(tmp_path: Path) -> None:
    for step in (30, 40):
        damage(save_checkpoint(tmp_path, checkpoint(step)))
    warnings: list[str] = []
    assert load_newest(tmp_path, warnings.append) is None and len(warnings) == 2
    save_checkpoint(tmp_path, checkpoint(10))
    loaded = load_newest(tmp_path, no_warning)
    assert loaded is not None and loaded.step == 10


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint-00000001.safetensors.123.tmp").write_bytes(b"half")
    save_checkpoint(tmp_path, checkpoint(2))
    assert not list(tmp_path.glob(".*"))


def test_prefixes() -> None:
    tensors = {"a.b": torch.ones(1), "c": torch.zeros(1)}
    both = prefixed("x", tensors) | prefixed("xy", {"d": torch.ones(2)})
    assert set(both) == {"x.a.b", "x.c", "xy.d"}
    assert set(unprefixed("x", both)) == {"a.b", "c"} and set(unprefixed("xy", both)) == {"d"}


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.Muon])
def test_optimizer_state_survives(kind: type[torch.optim.Optimizer]) -> None:
    def walk(model: nn.Linear, optimizer: torch.optim.Optimizer, steps: int) -> None:
        for step in range(steps):
            optimizer.zero_grad()
            model(torch.full((1, 3), step + 1.0)).square().sum().backward()
            optimizer.step()

    torch.manual_seed(0)
    one, two = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False)
    first, second = kind(one.parameters(), lr=0.01), kind(two.parameters(), lr=0.01)  # type: ignore[call-arg]
    walk(one, first, 3)
    two.load_state_dict(one.state_dict())
    restore_optimizer(second, {name: tensor.clone() for name, tensor in optimizer_tensors(first).items()})
    walk(one, first, 3)
    walk(two, second, 3)
    assert torch.equal(one.weight, two.weight)


def test_optimizer_state_lies_in_memory_as_its_parameter_does() -> None:
    def walk(model: nn.Conv2d, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        model(torch.arange(75.0).reshape(1, 3, 5, 5) / 75).square().sum().backward()
        optimizer.step()

    torch.manual_seed(0)
    models = [nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last) for _ in range(2)]  # type: ignore[call-overload]
    first, second = (torch.optim.AdamW(model.parameters(), lr=0.1, fused=True) for model in models)
    walk(models[0], first)
    models[1].load_state_dict(models[0].state_dict())
    saved = {name: tensor.clone().contiguous() for name, tensor in optimizer_tensors(first).items()}
    restore_optimizer(second, saved)
    walk(models[0], first)
    walk(models[1], second)
    assert torch.equal(models[0].weight, models[1].weight)
