"""What is seen when one of the two worlds makes no more frames: why, and what can be done."""

from ..engine import Pixels
from ..fault_report import FaultReport
from ..menu.fault_page import stopped_page
from ..menu.over_picture import OverPicture
from ..menu.page import Entry
from ..seat import Seat


class Stopped(OverPicture):
    """The page, from its first picture to the choice."""

    def __init__(self, fault: FaultReport, seat: Seat, behind: Pixels) -> None:
        """Show why, over the picture `behind`."""
        super().__init__(seat)
        self._again = False
        self._show(behind)
        restart = Entry(label="Restart", note="load both worlds again, begin with this round", do=self._begin_again)
        self._board.menu.open(lambda: stopped_page(fault, "The comparison stopped", [restart], self.leave))

    def run(self) -> bool:
        """Return whether the person wants to begin again."""
        self._loop()
        return self._again

    @property
    def _done(self) -> bool:
        return self._again

    @property
    def _light(self) -> float:
        return 0.3

    def _begin_again(self) -> None:
        self._again = True
