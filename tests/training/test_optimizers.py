from typing import Literal

import pytest
import torch
from torch import nn

from training.optimizers import OptimizerConfig, build_optimizers, set_learning_rate


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.blocks = nn.ModuleList([nn.Linear(8, 8), nn.Conv1d(8, 8, 3)])
        self.frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)


def held(optimizer: torch.optim.Optimizer) -> set[int]:
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}


def test_adamw_holds_all_that_trains() -> None:
    net = Net()
    (adamw,) = build_optimizers(net, OptimizerConfig())
    assert held(adamw) == {id(p) for p in net.parameters() if p.requires_grad}


def test_muon_holds_the_matrices_of_the_blocks_and_adamw_the_rest() -> None:
    net = Net()
    adamw, muon = build_optimizers(net, OptimizerConfig(kind="muon"))
    first = net.blocks[0]
    assert isinstance(first, nn.Linear)
    assert held(muon) == {id(first.weight)}
    assert held(adamw) | held(muon) == {id(p) for p in net.parameters() if p.requires_grad}
    assert not held(adamw) & held(muon)


def test_both_move_a_matrix_by_about_the_learning_rate() -> None:
    moves = []
    for kind in ("adamw", "muon"):
        torch.manual_seed(0)
        net = nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(32, 32)]), "head": nn.Linear(32, 32)})
        optimizers = build_optimizers(net, OptimizerConfig(kind=kind, lr=0.01, weight_decay=0.0))
        matrix = next(p for name, p in net.named_parameters() if name == "blocks.0.weight")
        before = matrix.detach().clone()
        for p in net.parameters():
            p.grad = torch.randn_like(p)
        for optimizer in optimizers:
            optimizer.step()
        moves.append((matrix.detach() - before).square().mean().sqrt().item())
    assert moves[0] == pytest.approx(0.01, rel=0.05)
    assert 0.1 * moves[0] < moves[1] < 2 * moves[0]


@pytest.mark.parametrize(("step", "rate"), [(0, 0.1), (4, 0.5), (9, 1.0), (49, 1.0), (60, 0.8), (75, 0.5), (99, 0.02)])
def test_the_rate_rises_holds_and_falls(step: int, rate: float) -> None:
    config = OptimizerConfig(lr=2.0, warmup=10, decay=0.5)
    optimizers = build_optimizers(Net(), config)
    assert set_learning_rate(optimizers, config, step, 100) == pytest.approx(2.0 * rate)
    assert all(group["lr"] == pytest.approx(2.0 * rate) for o in optimizers for group in o.param_groups)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_updates_smaller_than_what_bf16_can_tell_apart_add_up(kind: Literal["adamw", "muon"]) -> None:
    """Products are in bf16 as in training; a bf16 weight itself would stay where it is for ever."""
    net = nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(16, 16)])})
    layer = net["blocks"][0]  # type: ignore[index]
    nn.init.ones_(layer.weight)
    optimizers = build_optimizers(net, OptimizerConfig(kind=kind, lr=1e-4, weight_decay=0.0))
    start, bf16 = layer.weight.detach().clone(), layer.weight.detach().bfloat16()
    moved = []
    for _ in range(20):
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = layer(torch.eye(16))
        assert out.dtype == torch.bfloat16
        out.float().sum().backward()
        before = layer.weight.detach().clone()
        for optimizer in optimizers:
            optimizer.step()
        bf16 += (layer.weight.detach() - before).bfloat16()
        moved.append((layer.weight.detach() - start).norm().item())
    assert torch.equal(bf16, start.bfloat16())
    assert moved[-1] > 15 * moved[0] > 0
    kept = [value for optimizer in optimizers for state in optimizer.state.values() for value in state.values()]
    assert all(value.dtype == torch.float32 for value in (*kept, *layer.parameters()) if value.is_floating_point())


def test_weights_that_would_lose_updates_are_refused() -> None:
    with pytest.raises(ValueError, match=r"embed\.weight would lose small updates"):
        build_optimizers(Net().bfloat16(), OptimizerConfig())


def test_no_warmup_and_no_decay_hold_the_rate() -> None:
    config = OptimizerConfig(lr=1.0, warmup=0, decay=0.0)
    optimizers = build_optimizers(Net(), config)
    assert {set_learning_rate(optimizers, config, step, 10) for step in range(10)} == {1.0}
