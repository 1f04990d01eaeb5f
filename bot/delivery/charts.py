"""From the numbers of a chart to a picture in words: titles, legends, what it says to who cannot see it. Pure.

Drawing is the job of `drawing`, in a process of its own; a picture is all that it is given.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.delivery.filters import number_text, size
from bot.model import Chart, Curve

# More points than a picture has columns only cost time.
_MOST_POINTS = 600


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: tuple[tuple[float, float], ...]
    step: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line, such as a limit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Picture:
    """`unit` is bytes, percent or any other; `unit_name` is how the axis is called. `text` stands for the picture.

    `marked_at` is when the alert began, in seconds since 1970, and `mark` what is written there.
    """

    title: str
    text: str
    unit: str
    unit_name: str
    time_name: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...]
    relative: bool
    marked_at: float | None = None
    mark: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def amount(value: float, unit: str) -> str:
    """A value with its unit, as a person writes it."""
    if unit == "bytes":
        return size(round(value))
    return f"{number_text(round(value, 1))} %" if unit == "percent" else number_text(round(value, 2))


def lines_of(chart: Chart, name: Callable[[Curve], str]) -> tuple[Line, ...]:
    return tuple(
        Line(name(curve), _thinned(curve.points), curve.step) for curve in chart.curves if curve.points
    )


def summary(
    lines: tuple[Line, ...], levels: tuple[Level, ...], unit: str, span: Callable[[float], str] | None = None
) -> str:
    """What the picture shows, in one line: each curve from its first to its last value with its peak. `span` words how long
    that took, where the curves have a beginning in common.
    """
    said = [
        f"{line.name}: {amount(line.points[0][1], unit)} → {amount(line.points[-1][1], unit)}"
        + _peak(line, unit)
        + (f" ({span(_settled(line))})" if span else "")
        for line in lines
    ]
    said += [f"{level.name}: {amount(level.value, unit)}" for level in levels]
    return "; ".join(said)


def _settled(line: Line) -> float:
    """From the beginning until it is at its last value for good."""
    last = line.points[-1][1]
    moving = [index for index, (_, value) in enumerate(line.points) if value != last]
    return line.points[moving[-1] + 1][0] - line.points[0][0] if moving else 0.0


def _peak(line: Line, unit: str) -> str:
    peak = max(value for _, value in line.points)
    return f" (≤ {amount(peak, unit)})" if peak not in {line.points[0][1], line.points[-1][1]} else ""


def _thinned(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Of each stretch its highest point, so that no peak is lost; the last point stays, for it says how things are."""
    if len(points) <= _MOST_POINTS:
        return points
    stride = -(-len(points) // _MOST_POINTS)
    kept = [max(points[at : at + stride], key=lambda point: point[1]) for at in range(0, len(points), stride)]
    return (*kept, points[-1]) if kept[-1] != points[-1] else tuple(kept)
