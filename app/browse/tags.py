"""The tags at hand: those that were used last, by the digits 1 to 9."""

from collections import Counter

from model.footage.edits import Edits

_MOST = 9


class Tags:
    """Up to nine tags in a fixed order, so that a digit keeps its meaning while it can."""

    def __init__(self, edits: Edits) -> None:
        """Begin with the commonest tags of what was edited before."""
        counted = Counter(tag for edit in edits.values() for tag in edit.tags)
        self.recent = sorted(sorted(counted), key=lambda tag: -counted[tag])[:_MOST]
        self._used = list(reversed(self.recent))  # the least recently used first

    def use(self, tag: str) -> None:
        """Have a tag at hand; the one that was not used for longest makes room."""
        if tag in self._used:
            self._used.remove(tag)
        elif len(self.recent) == _MOST:
            self.recent[self.recent.index(self._used.pop(0))] = tag
        else:
            self.recent.append(tag)
        self._used.append(tag)

    def numbered(self, digit: str) -> str | None:
        """Return the tag that a digit stands for; None for other keys."""
        if len(digit) == 1 and digit in "123456789"[: len(self.recent)]:
            return self.recent[int(digit) - 1]
        return None
