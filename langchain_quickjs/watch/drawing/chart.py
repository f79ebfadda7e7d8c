"""A program's story as a picture: a row for each call, along one time axis.

A full bar is a call that runs, a hatched one a call that waits for a person; at its end stands what
the person decided. The picture is an SVG of bounded size that needs nothing from elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from langchain_quickjs.watch.drawing.axis import Axis, Stretch
from langchain_quickjs.watch.drawing.style import CHART_STYLE
from langchain_quickjs.watch.drawing.texts import (
    clock,
    duration,
    escaped,
    fitted,
    lines_of,
    one_line,
    width_of,
)
from langchain_quickjs.watch.drawing.told import DECIDED, ToldCall, ToldStory

__all__ = ["chart"]

_WIDTH: Final = 960
_MARGIN: Final = 20
_LEFT: Final = 356
_RIGHT: Final = _WIDTH - _MARGIN - 8
_AXIS: Final = 92
_TOP: Final = 104
_ROW: Final = 26
_BAR: Final = 14
_LEAST_BAR: Final = 3.0
_LABEL_COLUMNS: Final = 44  # Of 7.23 pixels each, left of the bars.
_COLUMN: Final = 6.63  # The width of a small letter.
_GAP: Final = 7
_SIGN: Final = 7
_LONG_S: Final = 60.0
_HATCH: Final = "\0"  # Stands for a name that is not known yet; no text has it.
_CONSOLE_LINES: Final = 4
_CONSOLE_CHARS: Final = 126

_STATUS: Final = {
    "running": ("running", "qjs-run"),
    "waiting": ("waits for a person", "qjs-wait"),
    "completed": ("completed", "qjs-done"),
    "failed": ("failed", "qjs-bad"),
}
# What stands for each kind of decision, drawn round the middle of a disk, and the disk's color.
_SIGNS: Final = {
    "approve": ("M-3 .2 L-.8 2.6 L3.2 -2.4", "qjs-done"),
    "edit": ("M-2.8 2.8 L2.4 -2.4 M-2.8 2.8 H3", "qjs-run"),
    "reject": ("M-2.4 -2.4 L2.4 2.4 M2.4 -2.4 L-2.4 2.4", "qjs-bad"),
    "respond": ("M-3 -1.4 H3 M-3 1.6 H1", "qjs-run"),
    "expire": ("M0 -3.4 V.4 L2.4 1.8", "qjs-wait"),
}
_OTHER_SIGN: Final = ("M0 -3 V.4 M0 2.8 V3", "qjs-wait")
_FAILED_SIGN: Final = ("M0 -3 V.8 M0 3 V3.1", "qjs-bad")


def chart(story: ToldStory, title: str) -> str:
    """The picture.

    Args:
        story: What it tells.
        title: What stands above it.
    """
    axis = _axis_of(story)
    body = "".join((*_head(story, title), *_grid(axis, story), *_lane(axis, story)))
    rows = "".join(_row(axis, call, index + 1) for index, call in enumerate(story.calls))
    foot, height = _foot(story, _TOP + _ROW * (1 + len(story.calls)))
    told = f"{title}: {_STATUS[story.status][0]}. {story.summary}."
    # Pictures on one page share their names, so each has names of its own.
    own = hashlib.blake2b((body + rows + foot).encode(), digest_size=6).hexdigest()
    drawn = (body + rows + foot).replace(_HATCH, f"qjs-{own}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qjs-chart" role="img" width="{_WIDTH}"'
        f' height="{height}" viewBox="0 0 {_WIDTH} {height}" aria-labelledby="qjs-{own}-title">'
        f'<title id="qjs-{own}-title">{escaped(told)}</title><style>{CHART_STYLE}</style>'
        f'<defs><pattern id="qjs-{own}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="qjs-hatch" d="M1.5 0 V6"/></pattern></defs>'
        f'<rect class="qjs-back" x=".5" y=".5" width="{_WIDTH - 1}" height="{height - 1}"'
        f' rx="10"/>{drawn}</svg>'
    )


def _axis_of(story: ToldStory) -> Axis:
    ran = [span for call in story.calls for span in call.ran]
    waited = [span for call in story.calls if (span := call.waited)]
    times = [time for span in (*ran, *waited, *story.waits) for time in span]
    times += [story.began_s, story.until_s, *(call.began_s for call in story.calls)]

    def is_still(begin: float, end: float) -> bool:
        if any(first < end and begin < last for first, last in ran):
            return False
        # A program computes, or its process has died and another one has taken it up much later.
        return story.is_waited_in(begin, end) or end - begin > _LONG_S

    return Axis.over(times, is_still, _LEFT, _RIGHT - _LEFT)


def _head(story: ToldStory, title: str) -> Iterator[str]:
    said, color = _STATUS[story.status]
    pill = 36 + 6.6 * len(said)
    left = _WIDTH - _MARGIN - pill
    yield _text(_MARGIN, 34, one_line(title, 80), "qjs-title")
    yield _text(_MARGIN, 55, f"{story.summary}. Began {clock(story.began_s)}.", "qjs-dim")
    yield f'<rect class="qjs-band" x="{left:.1f}" y="18" width="{pill:.1f}" height="24" rx="12"/>'
    yield f'<circle class="{color}" cx="{left + 14:.1f}" cy="30" r="4.5"/>'
    yield _text(left + 24, 34, said)


def _grid(axis: Axis, story: ToldStory) -> Iterator[str]:
    """The axis: its marks, and what is cut out of it."""
    bottom = _TOP + _ROW * (1 + len(story.calls))
    for index in range(1, len(story.calls) + 1, 2):
        yield _box(
            _MARGIN - 8, _TOP + _ROW * index, _WIDTH - 2 * _MARGIN + 16, _ROW, "qjs-band", corner=4
        )
    yield from (_cut(stretch, bottom, story) for stretch in axis.stretches if stretch.cut)
    yield f'<path class="qjs-axis" d="{"".join(_line(axis))}"/>'
    taken = [_place_of_label(stretch) for stretch in axis.stretches if stretch.cut]
    for left, time in axis.ticks():
        yield f'<path class="qjs-grid" d="M{left:.1f} {_AXIS} V{bottom}"/>'
        first = time == 0 and left == axis.stretches[0].left
        said = "0" if first else f"+{duration(time)}"
        half = _half_of(said)
        if all(abs(left - x) > half + other for x, other in taken) and left + half < _WIDTH:
            yield _text(left, _AXIS - 8, said, "qjs-dim", "middle")
            taken.append((left, half))


def _cut(stretch: Stretch, bottom: float, story: ToldStory) -> str:
    """A stretch that is cut short, with the time that it stands for."""
    waits = story.is_waited_in(stretch.begin_s, stretch.end_s)
    wide = stretch.right - stretch.left
    band = _box(stretch.left, _AXIS, wide, bottom - _AXIS, "qjs-cut" if waits else "qjs-band")
    middle, half = _place_of_label(stretch)
    if not half:
        return band
    said = duration(stretch.end_s - stretch.begin_s)
    return band + _text(middle, _AXIS - 8, said, "qjs-wait" if waits else "qjs-dim", "middle")


def _place_of_label(stretch: Stretch) -> tuple[float, float]:
    """Where the middle of a cut stretch's label stands, and half its width; 0 without a label."""
    narrow = stretch.right - stretch.left < 44
    half = 0.0 if narrow else _half_of(duration(stretch.end_s - stretch.begin_s))
    return (stretch.left + stretch.right) / 2, half


def _half_of(label: str) -> float:
    return 3.5 * len(label) + 4


def _line(axis: Axis) -> Iterator[str]:
    """The line of the axis, with a break in each stretch that is cut."""
    yield f"M{_LEFT} {_AXIS}"
    for stretch in axis.stretches:
        if stretch.cut:
            yield from _break(stretch)
        yield f"H{stretch.right:.1f}"


def _break(stretch: Stretch) -> Iterator[str]:
    middle = (stretch.left + stretch.right) / 2
    half = min(5.0, (stretch.right - stretch.left) / 4)
    yield f"H{middle - half:.1f} l{half / 2:.1f} -6 l{half:.1f} 12 l{half / 2:.1f} -6"


def _lane(axis: Axis, story: ToldStory) -> Iterator[str]:
    """The row of the program itself."""
    middle = _TOP + _ROW / 2
    yield _text(_MARGIN, middle + 4, "program", "qjs-tool")
    color = "qjs-bad" if story.status == "failed" else "qjs-done"
    if story.status in ("running", "waiting"):
        color = "qjs-run"
    left, right = axis.at(story.began_s), axis.at(story.until_s)
    yield _box(left, middle - 3, max(right - left, _LEAST_BAR), 6, color, corner=3)
    for begin, end in story.waits:
        left, right = axis.at(begin), axis.at(end)
        yield _box(left, middle - 3, max(right - left, 1.0), 6, "qjs-back")
        yield _hatched(left, middle - 3, max(right - left, 1.0), 6)


@dataclass(frozen=True, slots=True)
class _Bars:
    """What is drawn of one call.

    Attributes:
        drawn: Its bars.
        left: Where they begin.
        right: Where they end.
    """

    drawn: str
    left: float
    right: float


def _row(axis: Axis, call: ToldCall, index: int) -> str:
    middle = _TOP + _ROW * index + _ROW / 2
    tool = fitted(call.tool, _LABEL_COLUMNS)
    room = _LABEL_COLUMNS - width_of(tool)
    args = fitted(f"({call.args})", room) if room > 2 else ""
    bars = _bars(axis, call, middle)
    came_to = _came_to(bars, call, middle)
    label = (
        f'<text x="{_MARGIN}" y="{middle + 4:.1f}" class="qjs-code">'
        f'<tspan class="qjs-tool">{escaped(tool)}</tspan>'
        f'<tspan class="qjs-dim">{escaped(args)}</tspan></text>'
    )
    return f"<g><title>{escaped(_told(call))}</title>{label}{bars.drawn}{came_to}</g>"


def _told(call: ToldCall) -> str:
    """A call in words, for those who point at it or do not see it."""
    parts = [call.name]
    if call.line is not None:
        parts.append(f"line {call.line}")
    if (waited := call.waited) is not None:
        parts.append(f"asked {clock(waited[0])}, waited {duration(waited[1] - waited[0])}")
    parts += [f"ran {duration(end - begin)}" for begin, end in call.ran]
    return "; ".join((*parts, call.came_to))


def _bars(axis: Axis, call: ToldCall, middle: float) -> _Bars:
    top = middle - _BAR / 2
    left = right = axis.at(call.began_s)
    pieces = []
    if (waited := call.waited) is not None:
        left, right = axis.at(waited[0]), axis.at(waited[1])
        pieces.append(_hatched(left, top, max(right - left, _LEAST_BAR), _BAR))
    for begin, end in call.ran:
        begin_at, right = axis.at(begin), axis.at(end)
        wide = max(right - begin_at, _LEAST_BAR)
        pieces.append(
            _box(begin_at, top, wide, _BAR, "qjs-bad" if call.failed else "qjs-run", corner=2)
        )
        right = begin_at + wide
    if not pieces:
        pieces.append(_box(left - 1, top, 2, _BAR, "qjs-dim"))
    if waited is not None and call.decided_s is not None:
        at = axis.at(waited[1])
        pieces.append(_sign(at, middle, *_SIGNS.get(call.decision, _OTHER_SIGN)))
        right = max(right, at + _SIGN)
    if call.failed:
        pieces.append(_sign(right + 2, middle, *_FAILED_SIGN))
        right += 2 + _SIGN
    return _Bars("".join(pieces), left, right)


def _came_to(bars: _Bars, call: ToldCall, middle: float) -> str:
    """What came of a call, beside its bars where there is most room, or over them."""
    right, left = _RIGHT - bars.right - _GAP, bars.left - _LEFT - _GAP
    wanted = width_of(call.came_to) * _COLUMN
    at, anchor, room, over = bars.right + _GAP, "start", right, "qjs-over"
    if wanted > right and left > right:
        at, anchor, room = bars.left - _GAP, "end", left
    if room < min(wanted, 90):
        inside = bars.right - bars.left - 2 * _SIGN - 2 * _GAP
        if inside < 90:
            return ""
        at, anchor, room = bars.left + _GAP, "start", inside
        over = "qjs-over" if call.waited else "qjs-inside"
    said = fitted(call.came_to, int(room / _COLUMN))
    color = "qjs-bad" if call.failed or call.fate.startswith("rejected") else "qjs-dim"
    color = "qjs-wait" if call.fate == "waiting" else color
    return _text(at, middle + 4, said, f"qjs-small {color} {over}", anchor)


def _foot(story: ToldStory, top: float) -> tuple[str, int]:
    """What stands below the rows, and how high the picture is with it."""
    pieces = []
    y = top + 20
    if story.omitted:
        pieces.append(_text(_MARGIN, y, f"and {story.omitted} more calls", "qjs-dim"))
        y += 20
    if not story.calls:
        pieces.append(_text(_MARGIN, y, "It has made no calls.", "qjs-dim"))
        y += 20
    pieces.append(_legend(story, y))
    lines = lines_of(story.console.rstrip(), 200, _CONSOLE_CHARS)
    if lines and any(lines):
        y += 24
        last = " at the end" if len(lines) > _CONSOLE_LINES else ""
        pieces.append(_text(_MARGIN, y, f"It printed{last}:", "qjs-dim"))
        for line in lines[-_CONSOLE_LINES:]:
            y += 17
            pieces.append(_text(_MARGIN, y, fitted(line, _CONSOLE_CHARS), "qjs-code"))
    return "".join(pieces), int(y + 20)


def _legend(story: ToldStory, y: float) -> str:
    decisions = {call.decision for call in story.calls if call.decided_s is not None}
    entries = [("a call runs", _box(0, y - 10, 20, _BAR, "qjs-run", corner=2))]
    if any(call.waited for call in story.calls):
        entries.append(("it waits for a person", _hatched(0, y - 10, 20, _BAR)))
    entries += [
        (said, _sign(12, y - 4, *_SIGNS[kind]))
        for kind, said in DECIDED.items()
        if kind in decisions
    ]
    if any(call.failed for call in story.calls):
        entries.append(("failed", _sign(12, y - 4, *_FAILED_SIGN)))
    pieces, left = [], float(_MARGIN)
    for said, picture in entries:
        pieces.append(f'<g transform="translate({left:.1f} 0)">{picture}</g>')
        pieces.append(_text(left + 26, y, said, "qjs-dim"))
        left += 26 + 5.9 * len(said) + 20
    return "".join(pieces)


def _text(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}"{placed}>{escaped(text)}</text>'


def _box(x: float, y: float, width: float, height: float, color: str, *, corner: float = 0) -> str:
    return (
        f'<rect class="{color}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}"'
        f' height="{height:.1f}" rx="{corner:g}"/>'
    )


def _hatched(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="qjs-waits" fill="url(#{_HATCH})" x="{x:.1f}" y="{y:.1f}"'
        f' width="{max(width, 0):.1f}" height="{height:.1f}" rx="2"/>'
    )


def _sign(x: float, y: float, path: str, color: str) -> str:
    return (
        f'<g transform="translate({x:.1f} {y:.1f})"><circle class="{color} qjs-rim" r="{_SIGN}"/>'
        f'<path class="qjs-sign" d="{path}"/></g>'
    )
