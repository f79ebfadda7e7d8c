"""Where a time stands, with long times of waiting cut short.

A person takes three days, a program two hundred milliseconds. So the axis has one scale for all
times in which something runs. A time in which nothing runs has the same scale as long as it is
short, and else a width of its own and a mark that it is cut.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Axis", "Stretch"]

# All cut stretches together take no more than this part of the width, and each no more than this.
_CUT_PART: Final = 0.45
_CUT_PIXELS: Final = 116.0
_TICK_PIXELS: Final = 72.0
# What is shorter than this, a clock does not tell.
_SHORTEST_S: Final = 1e-6
_STEPS: Final = tuple(
    [base * 10.0**power for power in range(-4, 1) for base in (1, 2, 5)]
    + [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400]
    + [86400.0 * days for days in (2, 5, 10, 30, 100, 365, 1000, 3650, 10_000, 36_500, 365_000)]
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis.

    Attributes:
        begin_s: The time at its beginning.
        end_s: The time at its end.
        left: Where it begins.
        right: Where it ends.
        cut: Whether it is cut short.
    """

    begin_s: float
    end_s: float
    left: float
    right: float
    cut: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """A time axis.

    Attributes:
        stretches: Its parts, in order.
        scale: How many pixels a second has where nothing is cut.
    """

    stretches: tuple[Stretch, ...]
    scale: float

    @classmethod
    def over(
        cls,
        times: Iterable[float],
        is_still: Callable[[float, float], bool],
        left: float,
        width: float,
    ) -> Axis:
        """Makes an axis.

        Args:
            times: All times at which something begins or ends; there must be one.
            is_still: Tells whether nothing runs between two times that follow each other.
            left: Where the axis begins.
            width: How wide it is.
        """
        spans = _spans(sorted(set(times)), is_still)
        still = [end - begin for begin, end, stands in spans if stands]
        room = min(_CUT_PART * width, _CUT_PIXELS * len(still)) / max(len(still), 1)
        scale, cut_over = _scale(spans, room, width)
        stretches, at = [], left
        for begin, end, stands in spans:
            cut = stands and end - begin > cut_over
            wide = room if cut else (end - begin) * scale
            stretches.append(Stretch(begin, end, at, at + wide, cut))
            at += wide
        return cls(tuple(stretches), scale)

    def at(self, time_s: float) -> float:
        """Where a time stands."""
        index = bisect.bisect_left([stretch.end_s for stretch in self.stretches], time_s)
        stretch = self.stretches[min(index, len(self.stretches) - 1)]
        long = stretch.end_s - stretch.begin_s
        part = (time_s - stretch.begin_s) / long if long > 0 else 0.0
        return stretch.left + min(max(part, 0.0), 1.0) * (stretch.right - stretch.left)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Where marks stand, and how long after the beginning of their stretch that is."""
        step = next((one for one in _STEPS if one * self.scale >= _TICK_PIXELS), None)
        for stretch in self.stretches:
            count = int((stretch.end_s - stretch.begin_s) / step) if step else 0
            if stretch.cut or step is None:
                continue
            first = 0 if stretch is self.stretches[0] else 1
            for number in range(first, count + 1):
                yield stretch.left + number * step * self.scale, number * step


def _spans(
    times: list[float], is_still: Callable[[float, float], bool]
) -> list[tuple[float, float, bool]]:
    """Times in which something runs, and times in which nothing does, by turns."""
    spans: list[tuple[float, float, bool]] = []
    for begin, end in itertools.pairwise(times):
        stands = is_still(begin, end)
        if spans and spans[-1][2] == stands:
            spans[-1] = spans[-1][0], end, stands
        else:
            spans.append((begin, end, stands))
    return spans or [(times[0], times[0], False)]


def _scale(
    spans: list[tuple[float, float, bool]], room: float, width: float
) -> tuple[float, float]:
    """The scale, and how long a still time may be without being cut.

    The longest is cut first; each one that is leaves more room for the others.
    """
    at_work = sum(end - begin for begin, end, stands in spans if not stands)
    still = sorted(end - begin for begin, end, stands in spans if stands)
    while True:
        total = at_work + sum(still)
        left = width - room * (sum(stands for *_, stands in spans) - len(still))
        scale = left / total if total > _SHORTEST_S else 0.0
        if not still or at_work <= _SHORTEST_S or still[-1] * scale <= room:
            return scale, still[-1] if still else 0.0
        still.pop()
