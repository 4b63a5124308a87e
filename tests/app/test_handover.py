from app.handover import Frame, Handover

from .fakes import picture


def test_the_newest_frame_wins_and_answers_for_the_dropped() -> None:
    handover = Handover()
    handover.put(Frame(picture(0), 0))
    handover.put(Frame(picture(1), 1, since=5.0))
    handover.put(Frame(picture(2), 2, since=None))
    handover.put(Frame(picture(3), 3, since=7.0))
    assert handover.waiting
    frame = handover.take()
    assert frame is not None and frame.index == 3
    assert frame.since == 5.0, "latency counts from the oldest input that was not shown yet"
    assert handover.dropped == 2, "the picture of the scene is no dropped frame"
    assert handover.take() is None and not handover.waiting
