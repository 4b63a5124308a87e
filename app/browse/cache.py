"""Decoded frames, the least recently used of which go when there are too many bytes of them."""

from collections import OrderedDict

from model.footage.seek import Picture

CACHE_BYTES = 256 << 20


class FrameCache:
    """Frames by clip and number, in at most `most` bytes; the newest frame always fits."""

    def __init__(self, most: int = CACHE_BYTES) -> None:
        """Hold nothing yet."""
        self._most = most
        self._pictures: OrderedDict[tuple[int, int], Picture] = OrderedDict()
        self._numbers: dict[int, set[int]] = {}
        self.bytes = 0

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether a frame (clip, number) is held."""
        return place in self._pictures

    def put(self, clip: int, number: int, picture: Picture) -> None:
        """Hold a frame, and let go of others where there is no room."""
        self._drop(clip, number)
        self._pictures[clip, number] = picture
        self._numbers.setdefault(clip, set()).add(number)
        self.bytes += picture.nbytes
        while self.bytes > self._most and len(self._pictures) > 1:
            self._drop(*next(iter(self._pictures)))

    def nearest(self, clip: int, number: int) -> tuple[int, Picture] | None:
        """Return the held frame of a clip that is nearest to `number`, with its own number."""
        if (clip, number) not in self._pictures:
            held = self._numbers.get(clip)
            if not held:
                return None
            number = min(held, key=lambda other: abs(other - number))
        self._pictures.move_to_end((clip, number))
        return number, self._pictures[clip, number]

    def _drop(self, clip: int, number: int) -> None:
        picture = self._pictures.pop((clip, number), None)
        if picture is not None:
            self._numbers[clip].discard(number)
            self.bytes -= picture.nbytes
