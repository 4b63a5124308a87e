"""Several processes, one run: `torchrun --nproc_per_node=N -m training.commands.train ...`.

Every rank draws clips of its own (`step_generator` knows the rank), so N ranks train on N times the recipe's batch.
The layers of a transformer are sharded by FSDP2 (arXiv:2304.11277): each rank keeps 1/N of the fp32 weights, gradients
and optimiser state, and gathers a layer when it is needed. Autocast computes in bf16 as on one process; the gathered
weights stay fp32, since modulation and norms are computed in it. Smaller networks are whole on every rank and only
their gradients are averaged.

The EMA and networks that do not train are whole on every rank, and a checkpoint is gathered tensor by tensor on the
first one, which alone writes: the files are those of one process, and any number of ranks can resume any other's. That
is sensible up to some 5 B parameters, whose state of 80 GB one machine still writes in a minute or two; beyond that
the EMA has to be sharded and checkpoints written by all (`torch.distributed.checkpoint`). All ranks must see the same
folder.

On one process, without torchrun, every function here does nothing and says rank 0 of 1; what only several need is
imported only by them.
"""

import atexit
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeGuard

import torch
import torch.distributed as dist
from torch import Tensor, nn

from model.transformer import Block

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

_PATIENCE = timedelta(hours=12)  # the first rank encodes a dataset while the others wait


def join(device: torch.device) -> torch.device:
    """Become one of torchrun's processes, if it started this one; returns this process's own device."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    atexit.register(dist.destroy_process_group)
    return device


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def ranks() -> int:
    """Count of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def shard(network: nn.Module) -> None:
    """Spread the weights of a network with transformer layers over the ranks; others stay whole."""
    layers = [module for module in network.modules() if isinstance(module, Block)]
    if ranks() == 1 or not layers:
        return
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(next(network.parameters()).device.type, (ranks(),))
    for layer in layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(network, mesh=mesh)


def average_gradients(parameters: Sequence[Tensor]) -> None:
    """Make the gradients of weights that are whole on every rank their mean; sharded ones are that already."""
    if ranks() == 1:
        return
    for parameter in parameters:
        if parameter.grad is not None and not _is_sharded(parameter):
            dist.all_reduce(parameter.grad)
            parameter.grad /= ranks()


def whole(tensor: Tensor) -> Tensor:
    """A tensor as one process would hold it; all ranks must ask for it."""
    return tensor.full_tensor() if _is_sharded(tensor) else tensor


def spread(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor, which all ranks have, as `like` is: sharded where that is."""
    if not _is_sharded(like):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def gathered(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Whole tensors on the first rank, nothing on the others; all must ask for it."""
    kept: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        full = whole(tensor)
        if rank() == 0:
            kept[name] = full.cpu() if ranks() > 1 else full
    return kept


def mean(values: Sequence[float]) -> list[float]:
    """The mean of each number over the ranks."""
    if ranks() == 1:
        return list(values)
    total = torch.tensor(values, dtype=torch.float64)
    dist.all_reduce(total)
    means: list[float] = (total / ranks()).tolist()
    return means


def agreed(number: int) -> int:
    """The first rank's number: a draw on which depends how often a sharded network runs must be the same on all."""
    if ranks() == 1:
        return number
    drawn = torch.tensor(number)
    dist.broadcast(drawn, 0)
    return int(drawn)


def on_any(flag: bool) -> bool:
    """Whether `flag` is set on any rank."""
    return flag if ranks() == 1 else mean([float(flag)])[0] > 0


def wait_for_all() -> None:
    """Return when all ranks are here."""
    if ranks() > 1:
        dist.barrier()


@contextmanager
def first_alone() -> Iterator[None]:
    """Let the first rank do what is inside, then the others, for whom it is then done already."""
    if rank() > 0:
        wait_for_all()
    try:
        yield
    finally:
        if rank() == 0:
            wait_for_all()


def _is_sharded(tensor: Tensor) -> "TypeGuard[DTensor]":
    if ranks() == 1:
        return False
    from torch.distributed.tensor import DTensor

    return isinstance(tensor, DTensor)
