import pytest

from training.divergence import Divergence, LossWatch


def watched(losses: list[float]) -> LossWatch:
    watch = LossWatch("model")
    for loss in losses:
        watch.judge(loss, 1.0)
    return watch


@pytest.mark.parametrize(("loss", "norm"), [(float("nan"), 1.0), (float("inf"), 1.0), (0.5, float("nan"))])
def test_what_is_not_finite_ends_a_run_at_once(loss: float, norm: float) -> None:
    with pytest.raises(Divergence, match=f"the critic's loss is {loss} with a gradient of norm {norm}: not finite"):
        LossWatch("critic").judge(loss, norm)


def test_ten_updates_far_above_the_usual_are_an_explosion() -> None:
    watch = watched([0.5] * 100 + [-2000.0] * 9)
    assert watch.straying == 9
    with pytest.raises(Divergence, match=r"-2e\+03, more than 1000 times its usual size of 0.5 for 10 updates"):
        watch.judge(-2000.0, 1.0)


@pytest.mark.parametrize(
    "losses",
    [
        [1000.0] + [0.01] * 60,  # the fall at the start of a run
        [0.5] * 200 + ([1e6] * 9 + [0.5]) * 5,  # bad batches
        [0.0] * 300 + [0.9] * 30,  # an adversary that had nothing to learn for a while
        [0.5 * 1.2**k for k in range(300)],  # steady growth is for eyes to judge
        [(-1.0) ** k for k in range(300)],  # a loss that has a sign and a mean of 0
    ],
)
def test_health_has_many_looks(losses: list[float]) -> None:
    watched(losses)


def test_a_resumed_watch_judges_as_the_unbroken_one() -> None:
    losses = [0.5 + 0.01 * k for k in range(150)]
    unbroken, first, second = watched(losses), watched(losses[:70]), LossWatch("model")
    second.load_state(first.state())
    for loss in losses[70:]:
        second.judge(loss, 1.0)
    assert second.state()["usual"].tolist() == unbroken.state()["usual"].tolist()


def test_a_checkpoint_from_before_there_was_a_watch_begins_anew() -> None:
    watch = LossWatch("model")
    watch.load_state({})
    assert watch.state()["usual"].tolist() == [0, 0]
