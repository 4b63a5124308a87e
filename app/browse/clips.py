"""Which clips are listed, which one is chosen, and how far the list is scrolled."""

from collections.abc import Callable, Sequence


class ClipList:
    """Clips by their index in the dataset; a filter and deletions take some out."""

    def __init__(self, names: Sequence[str], tags: Callable[[int], Sequence[str]]) -> None:
        """List all; `tags` gives those of a clip, for the filter."""
        self._names, self._tags = tuple(names), tags
        self._deleted: set[int] = set()
        self.words = ""
        """The filter."""
        self.shown = tuple(range(len(names)))
        self.top = 0.0
        """How far the list is scrolled, in clips."""
        self._position = 0

    @property
    def current(self) -> int | None:
        """The chosen clip; None when no clip is listed."""
        return self.shown[self._position] if self.shown else None

    @property
    def left(self) -> tuple[int, ...]:
        """Clips that are not deleted."""
        return tuple(clip for clip in range(len(self._names)) if clip not in self._deleted)

    def move(self, by: int) -> None:
        """Choose the clip so many places further down."""
        self._position = max(0, min(len(self.shown) - 1, self._position + by))

    def choose(self, clip: int) -> None:
        """Choose a clip, if it is listed."""
        if clip in self.shown:
            self._position = self.shown.index(clip)

    def scroll(self, by: float, rows: float) -> None:
        """Scroll by so many clips in a list that shows `rows` of them."""
        self.top = max(0.0, min(len(self.shown) - rows, self.top + by))

    def reveal(self, rows: float) -> None:
        """Scroll as far as needed to see the chosen clip whole."""
        self.top = min(max(self.top, self._position + 1 - rows), float(self._position))
        self.scroll(0, rows)

    def filter(self, words: str) -> None:
        """List the clips of which each word stands in the name or begins a tag."""
        self.words = words
        self._list()

    def delete(self, clip: int) -> None:
        """Take a clip out; the one below it is chosen."""
        self._deleted.add(clip)
        self._list()

    def bring_back(self, clip: int) -> None:
        """List a deleted clip again and choose it."""
        self._deleted.discard(clip)
        self._list()
        self.choose(clip)

    def _list(self) -> None:
        chosen, position = self.current, self._position
        words = self.words.casefold().split()
        self.shown = tuple(clip for clip in self.left if all(self._fits(clip, word) for word in words))
        self._position = max(0, min(position, len(self.shown) - 1))
        if chosen is not None:
            self.choose(chosen)

    def _fits(self, clip: int, word: str) -> bool:
        return word in self._names[clip].casefold() or any(tag.casefold().startswith(word) for tag in self._tags(clip))
