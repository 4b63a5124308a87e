import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import DataError
from training.data.lmdb_steps import Alignment, frames_per_latent, rows, steps

W, S, A, D = range(4)


def still(frames: int, width: int = 4) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((frames, width), np.float32), np.zeros((frames, 2), np.float32)


@pytest.mark.parametrize(("alignment", "first"), [("post", 5), ("pre", 4)])
def test_a_latent_takes_the_actions_of_its_four_frames(alignment: Alignment, first: int) -> None:
    keyboard, mouse = still(13, 6)
    keyboard[first, W] = 1  # one of the frames of latent 2, which are 5 .. 8
    keyboard[first + 3, [D, 4, 5]] = 1  # another
    mouse[first : first + 4] = (0.25, 0.5)  # up and to the right
    found = steps(keyboard, mouse, 4, alignment, "row 0")
    assert not found[[0, 1, 3]].any()
    # forward, right, jump and attack were held at some time; the camera turned by the sum
    assert np.flatnonzero(found[2, :9]).tolist() == [0, 3, 4, 7]
    assert found[2, 9:].tolist() == [-1.0, 2.0]


def test_what_no_latent_covers_is_left() -> None:
    keyboard, mouse = still(9)
    keyboard[0], mouse[0] = 1, 1  # led to the first frame
    assert not steps(keyboard, mouse, 3, "post", "").any()
    keyboard, mouse = still(9)
    keyboard[8], mouse[8] = 1, 1  # was done on the last frame
    assert not steps(keyboard, mouse, 3, "pre", "").any()


def test_a_still_camera_has_no_sign() -> None:
    keyboard, mouse = still(9)
    assert not np.signbit(steps(keyboard, mouse, 3, "post", "")).any()
    assert not np.signbit(rows(np.zeros((3, 11), np.float32), 4, "post")[1]).any()


@given(
    st.lists(st.tuples(*[st.booleans()] * 9, *[st.integers(-32, 32)] * 2), min_size=1, max_size=6),
    st.sampled_from([1, 2, 4]),
    st.sampled_from(["post", "pre"]),
)
def test_rows_lead_back_to_the_steps_they_were_made_of(
    values: list[tuple[int, ...]], per: int, alignment: Alignment
) -> None:
    vectors = np.array(values, np.float32)
    vectors[:, -2:] /= 8  # quarters of which are exact
    vectors[0] = 0
    keyboard, mouse = rows(vectors, per, alignment)
    assert keyboard.shape == (1 + per * (len(vectors) - 1), 4) and mouse.shape == (len(keyboard), 2)
    expected = vectors.copy()
    expected[:, 4:9] = 0  # only W, S, A and D have a place
    assert np.array_equal(steps(keyboard, mouse, len(vectors), alignment, ""), expected)


def test_rows_of_both_alignments_are_one_step_apart() -> None:
    vectors = np.random.default_rng(0).integers(0, 2, (5, 11)).astype(np.float32)
    for post, pre in zip(rows(vectors, 4, "post"), rows(vectors, 4, "pre"), strict=True):
        assert np.array_equal(post[1:], pre[:-1])
        assert not post[0].any() and not pre[-1].any()


@pytest.mark.parametrize(("frames", "latents", "per"), [(81, 21, 4), (21, 21, 1), (1, 1, 1), (3, 2, 2)])
def test_frames_of_a_latent(frames: int, latents: int, per: int) -> None:
    assert frames_per_latent(frames, latents, "") == per


@pytest.mark.parametrize(("frames", "latents"), [(80, 21), (0, 0), (0, 1), (5, 1), (1, 2), (10, 21), (1, 0)])
def test_frames_that_do_not_divide(frames: int, latents: int) -> None:
    with pytest.raises(DataError, match=f"row 3: {frames} actions do not divide into {latents} latents"):
        frames_per_latent(frames, latents, "row 3")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e9, 12.5])
def test_absurd_rows_are_refused(value: float) -> None:
    keyboard, mouse = still(5)
    mouse[3, 1] = value
    with pytest.raises(DataError, match="row 3: the camera turns more than 180 degrees"):
        steps(keyboard, mouse, 2, "post", "row 3")
    keyboard[2, 1] = value
    with pytest.raises(DataError, match="row 3: a key is not between 0 and 1"):
        steps(keyboard, still(5)[1], 2, "post", "row 3")
