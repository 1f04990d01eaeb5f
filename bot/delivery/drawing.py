"""Draws one picture: JSON on standard input, a PNG or an SVG on standard output. `python -m bot.delivery.drawing png`.

A process of its own, because the library takes half a second and tens of megabytes that the bot does not have to spare.
Only what it is given is drawn; no text is taken for a formula, and the same picture gives the same bytes.
"""

import json
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.dates
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from bot.delivery.charts import amount

FORMATS = ("png", "svg")
_INK, _GRID = "#737f8e", "#9aa4b1"
# Told apart without colours too: https://jfly.uni-koeln.de/color/
_STYLES = (("#0072b2", "-"), ("#d55e00", "--"), ("#009e73", "-."), ("#cc79a7", ":"))
# A level is a thin whole line: curves are thick, and only they are broken.
_LEVEL, _MARK = "#8250df", "#8e6c00"
_HANGUL = ("Noto Sans CJK KR", "NanumGothic", "Noto Sans KR", "UnDotum", "Baekmuk Dotum")
_SETTINGS: dict[Any, Any] = {
    "font.size": 12,
    "svg.fonttype": "none",
    "svg.hashsalt": "opsbot",
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "timezone": "UTC",
}
# On a phone it is 330 pixels wide: the smallest text is then as large as that of the message.
_INCHES, _DPI = (6, 3.6), 150
_KIBI = 1024
_MINUTE = 60
# Seconds. Whoever asked may be gone: then nobody else ends a drawing that hangs.
_LONGEST = 60


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted not in FORMATS:
        sys.stderr.write(f"usage: python -m bot.delivery.drawing {'|'.join(FORMATS)} < picture.json\n")
        return 2
    signal.alarm(_LONGEST)
    sys.stdout.buffer.write(drawn(json.load(sys.stdin), wanted))
    return 0


def drawn(picture: Mapping[str, Any], wanted: str) -> bytes:
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    fonts = [*(name for name in _HANGUL if name in installed), "DejaVu Sans"]
    with mpl.rc_context({**_SETTINGS, "font.family": fonts}):
        figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
        axes = figure.add_subplot()
        _curves(axes, picture)
        _levels(axes, picture)
        _mark(axes, picture)
        _x_axis(axes, picture)
        _y_axis(axes, picture)
        axes.set_title(picture["title"], loc="left", fontsize=13, wrap=True)
        axes.grid(visible=True, axis="y", color=_GRID, alpha=0.35, linewidth=0.8)
        figure.legend(loc="outside lower left", ncols=2, frameon=False)
        return _saved(figure, wanted)


def _saved(figure: Figure, wanted: str) -> bytes:
    written = BytesIO()
    # On a page the picture stands on whatever the page's theme has behind it; in Slack it brings its own paper.
    metadata = {"Date": None} if wanted == "svg" else {"Software": None}
    figure.savefig(written, format=wanted, transparent=wanted == "svg", metadata=metadata)
    return written.getvalue()


def _curves(axes: Axes, picture: Mapping[str, Any]) -> None:
    for number, line in enumerate(picture["lines"]):
        colour, style = _STYLES[number % len(_STYLES)]
        x = [_x(at, picture) for at, _ in line["points"]]
        y = [value for _, value in line["points"]]
        drawstyle = "steps-post" if line["step"] else "default"
        axes.plot(x, y, style, color=colour, linewidth=2, drawstyle=drawstyle, label=_legend(line["name"]))


def _levels(axes: Axes, picture: Mapping[str, Any]) -> None:
    for level in picture["levels"]:
        label = _legend(f"{level['name']}: {amount(level['value'], picture['unit'])}")
        axes.axhline(level["value"], color=_LEVEL, linewidth=1.2, linestyle="-", label=label)


def _mark(axes: Axes, picture: Mapping[str, Any]) -> None:
    at = picture["marked_at"]
    known = [point[0] for line in picture["lines"] for point in line["points"]]
    if at is None or picture["relative"] or not known or not min(known) <= at <= max(known):
        return
    axes.axvline(_x(at, picture), color=_MARK, linewidth=1.5, linestyle=":", label=_legend(picture["mark"]))


def _x(at: float, picture: Mapping[str, Any]) -> Any:
    return at / _MINUTE if picture["relative"] else datetime.fromtimestamp(at, UTC)


def _legend(name: str) -> str:
    """A name that begins with an underscore would be left out of the legend."""
    return name.lstrip("_") or "–"


def _x_axis(axes: Axes, picture: Mapping[str, Any]) -> None:
    axes.set_xlabel(picture["time_name"])
    if picture["relative"]:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        return
    dates: Any = mpl.dates  # untyped
    locator = dates.AutoDateLocator(maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


def _y_axis(axes: Axes, picture: Mapping[str, Any]) -> None:
    values = [value for line in picture["lines"] for _, value in line["points"]]
    values += [level["value"] for level in picture["levels"]]
    top = max(values, default=1) or 1
    axes.set_ylim(min(0, *values, 0), top * 1.15)
    axes.set_ylabel(picture["unit_name"])
    unit = picture["unit"]
    if unit == "bytes":
        axes.yaxis.set_major_locator(MultipleLocator(_round_bytes(top, values)))
    elif unit != "percent" and all(float(value).is_integer() for value in values):
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: amount(value, unit)))


def _round_bytes(top: float, values: Sequence[float]) -> float:
    """A step of 1, 2, 4 … of a binary unit, so that the axis says 256Mi and not 238.4Mi."""
    span = top - min(0, *values, 0)
    return float(2 ** math.ceil(math.log2(span / 5))) if span > _KIBI else _KIBI / 4


if __name__ == "__main__":
    raise SystemExit(main())
