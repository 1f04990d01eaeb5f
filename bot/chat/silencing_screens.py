"""The messages about a silence that somebody asked for in Slack: made, what it would hide, over, and why there is none.

Facts in, messages out; like all of the chat's messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.chat.silence_rights import Wanted
from bot.chat.speech import Lines, Speech
from bot.delivery.message import Message
from bot.delivery.plaintext import cut, one_line
from bot.delivery.silenced import problem_said
from bot.delivery.view import view
from bot.incidents.silences import Preview, Problem, overview, written
from bot.incidents.silencing import Silenced
from bot.model import Incident
from bot.silence import KnownAlert, Silence

SHORT_ID = 8
_NAMED = 3
_LISTED = 10
_LAYOUT = "slack/chat_silence.json.j2"


@dataclass(frozen=True, slots=True)
class _Page:
    """`until` completes the first line. `ends` is the silence that a button ends, `anyway` the value of one that makes it."""

    said: str
    until: datetime | None = None
    lines: tuple[str, ...] = ()
    matchers: str = ""
    ends: str = ""
    anyway: str = ""
    link: str = ""
    note: str = ""


class SilencingScreens(Speech):
    __slots__ = ()

    def silence(self, key: str, **facts: Any) -> str:
        return self.say("silencing", key, **facts)

    def problem(self, problem: Problem) -> Message:
        return self.lines(Lines(said=(self.why(problem),)))

    def why(self, problem: Problem) -> str:
        return problem_said(problem.key, problem.facts, self.layouts.words)

    def none_of(self, prefix: str) -> Message:
        said = self.silence("no_incident", id=prefix)
        return self.lines(Lines(said=(said,), commands=(f"{self.command} incidents",)))

    def several(self, incidents: Sequence[Incident], prefix: str, span: str) -> Message:
        """As many characters of each id as tell them apart."""
        size = next(
            n
            for n in range(SHORT_ID, 65)
            if n == 64 or len({one.id[:n] for one in incidents}) == len(incidents)
        )
        words = self.layouts.words
        items = tuple(f"{one.id[:size]}: {view(one, words).title}" for one in incidents[:_LISTED])
        command = f"{self.command} silence {incidents[0].id[:size]} {span}"
        said = self.silence("several", id=prefix, count=len(incidents))
        return self.lines(Lines(said=(said,), items=items, commands=(command,)))

    def asking(self) -> Message:
        return self.sentence_of("asking")

    def sentence_of(self, key: str) -> Message:
        return self.lines(Lines(said=(self.silence(key),)))

    def made(self, wanted: Wanted, done: Silenced) -> Message:
        title, silence = view(wanted.incident, self.layouts.words).title, done.silence
        page = _Page(
            self.silence("already" if done.already else "made"),
            silence.ends_at,
            (title, *self.hidden(wanted.preview)),
            "\n".join(silence.matchers),
            ends=silence.id,
            link=silence.link,
        )
        return self._shown(page)

    def asks_first(self, wanted: Wanted, value: str, *, again: bool) -> Message:
        preview = wanted.preview
        key = "asks_first" if preview.hidden else "asks_first_none"
        page = _Page(
            self.silence("changed" if again else key),
            wanted.until,
            self.hidden(preview),
            "\n".join(written(preview.matchers)),
            anyway=value,
            note=self.silence("asks_first_note"),
        )
        return self._shown(page)

    def lost(self, found: Wanted | Problem, matchers: str) -> Message:
        """In place of a form that cannot be shown once more: with what was typed, for that took somebody's time."""
        if isinstance(found, Problem):
            page = _Page(self.silence("form_lost"), lines=(self.why(found),))
        else:
            page = _Page(self.silence("form_changed"), lines=self.hidden(found.preview))
        return self._shown(replace(page, matchers=matchers, note=self.silence("form_lost_note")))

    def ended(self, silence: Silence) -> Message:
        return self._shown(_Page(self.silence("ended"), matchers="\n".join(silence.matchers)))

    def hidden(self, preview: Preview, named: int = _NAMED) -> tuple[str, ...]:
        """What a silence hides now, the surprise marked: a line each, with the first few alerts below."""
        if preview.here and not preview.others:
            lines = [self._listed("hides_only", preview.here, named)]
        else:
            lines = [self.silence("hides", count=preview.hidden)]
            lines += [self.silence("hides_here", count=len(preview.here))] if preview.here else []
        if preview.others:
            lines.append(self._listed("hides_others", preview.others, named))
        if preview.receivers:
            names = cut(", ".join(map(one_line, preview.receivers)), 300)
            lines.append(self.silence("hides_receivers", names=names))
        if preview.missed:
            lines.append(self.silence("hides_missed", count=preview.missed))
        if preview.silenced:
            lines.append(self.silence("hides_silenced", count=preview.silenced))
        return tuple(lines)

    def _listed(self, key: str, alerts: Sequence[KnownAlert], named: int) -> str:
        rest = len(alerts) - named
        more = (f"  {self.layouts.words.label('more_names', count=rest)}",) if rest > 0 else ()
        first = tuple(f"  {line}" for line in overview(alerts, named))
        return "\n".join((self.silence(key, count=len(alerts)), *first, *more))

    def _shown(self, page: _Page) -> Message:
        return self.page(_LAYOUT, page, "\n".join((page.said, *page.lines, page.matchers, page.note)))
