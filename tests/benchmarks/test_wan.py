"""What is compared with is the same model: its frames are ours as long as nothing is forgotten."""

import json
from pathlib import Path

import pytest
import torch

from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.walk import Newest, Walk
from model.wan import ADDED, to_wan
from tests.benchmarks.published import Published, Rollout
from tests.benchmarks.wan import SINK, TINY, WINDOW, main


def test_what_is_published_draws_our_frames_as_long_as_nothing_is_forgotten() -> None:
    torch.manual_seed(0)
    ours, theirs = Transformer(TINY), Published(TINY, text=False)
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            parameter.copy_(0.0 * parameter if name in ADDED else 0.2 * torch.randn(parameter.shape))
    theirs.load_state_dict(to_wan(ours.state_dict(), TINY))
    sampler, shape = SamplerConfig(), (1, 4, TINY.rows, TINY.columns)
    walk = Walk(ours, sink=SINK, window=WINDOW)
    rollout = Rollout(theirs, sink=SINK, window=WINDOW, steps=sampler.steps["2"])
    vector, pose, first = torch.zeros(1, 1, 11), torch.zeros(2, dtype=torch.float64), torch.randn(shape)
    walk.give(Newest(first[None], vector, pose))
    rollout.write(first)
    for _ in range(SINK + WINDOW):
        noise = [torch.randn(shape) for _ in range(2)]
        given = iter(noise)
        mine = walk.step(
            vector, pose, "consistency", sampler.timesteps(2), lambda given=given: next(given)[None]
        ).latent
        torch.testing.assert_close(rollout.step(noise), mine[0], atol=5e-4, rtol=1e-4)  # rounding adds up over frames
    for _ in range(4):  # then the oldest is forgotten and the rest shifted
        rollout.step()
    assert {int(cache.local_end) for cache in rollout.caches} == {(SINK + WINDOW + 1) * TINY.tokens}
    assert {int(cache.end) for cache in rollout.caches} == {rollout.frame * TINY.tokens}


def test_both_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "wan.json"
    assert main(["--tiny", "--no-compile", "--frames", "2", "--json", str(target)]) == 0
    rates = json.loads(target.read_text())
    printed = capsys.readouterr().out
    assert rates == json.loads(printed[printed.index("{") :])
    assert set(rates["ours"]) == {"eager", "cuda-graph"}
    assert rates["ratio"] == pytest.approx(max(rates["ours"].values()) / rates["published"])
