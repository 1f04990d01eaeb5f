"""The digest of a storm in words: its head with the counts, and in its thread one line for each incident.

Pure: the same storm says the same. Lines are packed into messages by number, so that a line that changes leaves the other
messages as they are, and into so many that all fit beside each other in a thread.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.delivery.blockkit import SECTION, TOTAL, Mrkdwn, inert, link, mrkdwn, quiet
from bot.delivery.digest import Gathered, Line, Storm, line_of
from bot.delivery.message import DETAIL, TOP, Message, Part
from bot.delivery.plaintext import units
from bot.delivery.relatives import console_address, permalink
from bot.delivery.render import Layouts
from bot.delivery.view import STATE_MARKS
from bot.delivery.worded import VERDICT_MARKS
from bot.model import Incident, IncidentState
from bot.severity import is_urgent

_KINDS = 8
_PAGES = 20
_SECTIONS = 5
_LINES = 10
_NAMED = 3
# Slack counts what it wraps around a text as well, and quotes twice.
_ROOM = TOTAL - 1500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DigestView:
    """The head. `behind` are the kinds of causes, most first; `counts` says what became of the incidents."""

    title: str
    since: datetime
    ended: datetime | None
    severities: str
    counts: tuple[str, ...]
    behind: tuple[str, ...]
    note: str
    link: str


@dataclass(frozen=True, slots=True)
class LinesView:
    """One message of the thread. `more` counts those for whom there was no room in any; zero but in the last."""

    sections: tuple[Mrkdwn, ...]
    first: bool
    more: int
    link: str


class Digests:
    """As `Layouts`, whose language and escaping it shares. `public_url` is the address of the console."""

    def __init__(self, layouts: Layouts, *, public_url: str = "") -> None:
        self._layouts = layouts
        self._words = layouts.words
        self._public_url = public_url

    def line(self, incident: Incident, channel_id: str) -> Line:
        return line_of(incident, self._words, channel_id)

    def parts(self, storm: Storm, members: Sequence[Gathered]) -> tuple[Part, ...]:
        """`members` as they are to be listed."""
        head = self._head(storm, members)
        return (Part(TOP, self._message("slack/storm.json.j2", head, head.title)), *self._thread(members))

    def _thread(self, members: Sequence[Gathered]) -> Iterator[Part]:
        lines = [self._line(member) for member in members]
        sections = _packed(lines, most=_LINES, room=SECTION - 100, size=units)
        pages = _packed(sections, most=_SECTIONS, room=_ROOM, size=_weight)
        left_out = sum(len(section) for page in pages[_PAGES:] for section in page)
        for number, page in enumerate(pages[:_PAGES]):
            last = number == _PAGES - 1
            told = tuple(mrkdwn(*_between("\n", section)) for section in page)
            view = LinesView(told, first=not number, more=left_out if last else 0, link=self._list())
            message = self._message("slack/storm_lines.json.j2", view, "\n".join(told))
            yield Part(f"{DETAIL}:{number}", message)

    def _message(self, layout: str, it: object, plainly: str) -> Message:
        return self._layouts.screen(layout, it, plainly=plainly)[0]

    # -- the head

    def _head(self, storm: Storm, members: Sequence[Gathered]) -> DigestView:
        lines = [member.line for member in members]
        state = _state(lines)
        return DigestView(
            title=f"{STATE_MARKS[state]} · {self._title(storm, lines)}",
            since=storm.opened_at,
            ended=storm.closed_at,
            severities=self._severities(lines),
            counts=tuple(self._counts(members)),
            behind=tuple(self._behind(lines)),
            note=self._said(_note(storm, members)),
            link=self._list(),
        )

    def _severities(self, lines: Sequence[Line]) -> str:
        """In the order of the list, which is that of severity but for those that follow others."""
        ordered = sorted(lines, key=lambda line: line.follows)
        counted = Counter(line.severity for line in ordered)
        said = [
            f"{count} {name or self._said('no_severity')}{self._urgent(name, ordered)}"
            for name, count in counted.items()
        ]
        spaces = dict.fromkeys(space for line in ordered for space in line.spaces)
        if spaces:
            said.append(self._words.common("storm", "spaces", names=self._some(list(spaces))))
        return " · ".join(said)

    def _urgent(self, severity: str, lines: Sequence[Line]) -> str:
        """Who is woken wants to know by what."""
        names = [line.name for line in lines if line.severity == severity and not line.over]
        return f": {self._some(names)}" if names and is_urgent(severity) else ""

    def _some(self, names: Sequence[str]) -> str:
        distinct = list(dict.fromkeys(names))
        rest = len(distinct) - _NAMED
        more = f" {self._words.label('more_names', count=rest)}" if rest > 0 else ""
        return ", ".join(distinct[:_NAMED]) + more

    def _title(self, storm: Storm, lines: Sequence[Line]) -> str:
        if storm.closed_at is None:
            return self._said("title", count=len(lines))
        return self._said("title_over", count=len(lines), firing=sum(not line.over for line in lines))

    def _counts(self, members: Sequence[Gathered]) -> Iterator[str]:
        over = sum(member.line.over for member in members)
        yield self._words.label("firing_count", firing=len(members) - over, resolved=over)
        told = {
            "own": sum(bool(member.ts) for member in members),
            "led": sum(member.line.led and not (member.ts or member.line.over) for member in members),
            "waiting": sum(member.waits for member in members),
        }
        for name, count in told.items():
            if count:
                yield self._said(name, count=count)

    def _behind(self, lines: Iterable[Line]) -> Iterator[str]:
        """What is known first."""
        kinds = Counter((line.verdict is None, self._kind(line)) for line in lines)
        ordered = sorted(kinds.items(), key=lambda kind: (kind[0][0], -kind[1], kind[0][1]))
        for (_, said), count in ordered[:_KINDS]:
            yield f"{count} × {said}"
        if len(ordered) > _KINDS:
            yield self._said("more_kinds", count=len(ordered) - _KINDS)

    def _kind(self, line: Line) -> str:
        if line.verdict is None:
            unseen = "over_before" if line.over else "not_looked"
            return self._said("nothing_found" if line.looked else unseen)
        verdict = self._words.common("verdicts", line.verdict.value)
        name = self._words.cause_name(line.runbook, line.cause)
        return f"{VERDICT_MARKS[line.verdict]} {verdict}: {name}"

    # -- a line

    def _line(self, member: Gathered) -> Mrkdwn:
        line = member.line
        mark = STATE_MARKS[line.state]
        address = permalink(member.channel, member.ts) or console_address(
            self._public_url, member.incident_id
        )
        return mrkdwn(
            *_between(
                " · ",
                (
                    mark,
                    quiet(line.severity),
                    link(address, inert(line.name)),
                    quiet(line.where),
                    quiet(self._kind(line)),
                ),
            )
        )

    def _list(self) -> str:
        return f"{self._public_url.rstrip('/')}/incidents?state=firing" if self._public_url else ""

    def _said(self, key: str, **facts: int) -> str:
        return self._words.common("storm", key, **facts)


def _state(lines: Sequence[Line]) -> IncidentState:
    """Of all together: the worst."""
    found = {line.state for line in lines}
    return next((state for state in (IncidentState.FIRING, IncidentState.STALE) if state in found), _OVER)


_OVER = IncidentState.RESOLVED


def _note(storm: Storm, members: Sequence[Gathered]) -> str:
    over = all(member.line.over for member in members)
    if storm.closed_at is not None:
        return "over" if over else "calmed"
    if any(member.waits for member in members):
        return "lasts"
    return "resolved" if over else "told"


def _between(separator: str, pieces: Iterable[str]) -> Iterator[str]:
    for number, piece in enumerate(filter(None, pieces)):
        yield from (separator, piece) if number else (piece,)


def _weight(section: Sequence[str]) -> int:
    """As JSON, in which quotes and backslashes are two characters."""
    return sum(units(line) + line.count('"') + line.count("\\") + 2 for line in section)


def _packed(items: Sequence[T], *, most: int, room: int, size: Callable[[T], int]) -> list[list[T]]:
    packs: list[list[T]] = []
    used = 0
    for item in items:
        cost = size(item)
        if packs and len(packs[-1]) < most and used + cost <= room:
            packs[-1].append(item)
            used += cost
        else:
            packs.append([item])
            used = cost
    return packs
