"""The messages that answer the commands, a diagnosis aside: help, incidents, runbooks, the self-test, refusals.

Facts in, messages out; like all of the chat's messages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.chat.grammar import NAMES, Help, Problem
from bot.chat.speech import Lines, Speech
from bot.delivery.message import Message
from bot.delivery.plaintext import cut, one_line
from bot.delivery.view import Links, view
from bot.diagnosis.runbook import Runbook
from bot.model import Incident

LISTED = 15


@dataclass(frozen=True, slots=True)
class _Entry:
    about: str
    usage: str


@dataclass(frozen=True, slots=True)
class _Help:
    problem: str
    near: str
    entries: tuple[_Entry, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Listed:
    title: str
    since: datetime
    id: str
    links: Links


@dataclass(frozen=True, slots=True)
class _Incidents:
    title: str
    incidents: tuple[_Listed, ...]
    note: str


class Checked(Protocol):
    """One line of the self-test; `state` is ok, failed or not configured."""

    @property
    def what(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def found(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class Screens(Speech):
    __slots__ = ()

    def help(self, asked: Help) -> Message:
        names = (asked.about,) if asked.about else NAMES
        problem = ""
        if asked.problem is not Problem.NONE:
            problem = self.say("problems", asked.problem.value, said=asked.said, about=asked.about)
        entries = tuple(_Entry(self.say("about", name), self.say("usage", name)) for name in names)
        near = f"{self.command} {asked.near}" if asked.near else ""
        # How a target is written is worth a line only where one can be given.
        note = self.say("help_note") if asked.about in {"", "diagnose"} else ""
        shown = _Help(problem, near, entries, note)
        plainly = "\n".join((problem, near, *(entry.usage for entry in entries)))
        return self.page("slack/chat_help.json.j2", shown, plainly)

    def runbooks(self, runbooks: Sequence[Runbook[Any]]) -> Message:
        words = self.layouts.words
        items = tuple(
            self.say("runbook_line", name=one.name, title=words.runbook_title(one.name)) for one in runbooks
        )
        note = self.say("runbooks_note")
        return self.lines(Lines(self.say("runbooks", count=len(runbooks)), items=items, note=note))

    def runbook(self, runbook: Runbook[Any]) -> Message:
        words = self.layouts.words
        causes = tuple(words.cause_name(runbook.name, cause.id) for cause in runbook.causes)
        generic = () if runbook.alerts else (self.say("runbook_generic"),)
        said = (words.runbook_summary(runbook.name), *generic, self.say("runbook_causes"))
        before = self.say("runbook_alerts") if runbook.alerts else ""
        title = words.runbook_title(runbook.name)
        return self.lines(Lines(title, said, causes, runbook.alerts, before=before))

    def no_runbook(self, name: str, near: Iterable[str]) -> Message:
        commands = tuple(f"{self.command} runbooks {one}" for one in near)
        said = (self.say("no_runbook", name=name), *((self.say("near"),) if commands else ()))
        return self.lines(Lines(said=said, commands=commands))

    def checks(self, checks: Sequence[Checked]) -> Message:
        states = [check.state for check in checks]
        bad, good, unseen = (states.count(state) for state in ("failed", "ok", "not checked"))
        off = len(states) - bad - good - unseen
        said = self.say("check_count", bad=bad, good=good, unseen=unseen, off=off)
        marks = {"failed": "✗", "ok": "✓", "not checked": "?"}
        order = (*marks, *states)
        ordered = sorted(checks, key=lambda check: order.index(check.state))
        items = tuple(
            self.say(
                "check_line",
                mark=marks.get(check.state, "–"),
                what=one_line(check.what),
                found=one_line(check.found),
                remedy=cut(one_line(check.remedy), 300),
            )
            for check in ordered
        )
        return self.lines(Lines(self.say("check"), (said,), items))

    def incidents(self, incidents: Sequence[Incident], *, more: bool) -> Message:
        if not incidents:
            return self.sentence("incidents_none")
        shown = tuple(self._listed(incident) for incident in incidents[:LISTED])
        cut_off = more or len(incidents) > LISTED
        listing = _Incidents(
            self.say("incidents", count=len(incidents)),
            shown,
            self.say("incidents_more") if cut_off else "",
        )
        plainly = "\n".join(one.title for one in shown)
        return self.page("slack/chat_incidents.json.j2", listing, plainly)

    def _listed(self, incident: Incident) -> _Listed:
        seen = view(incident, self.layouts.words, public_url=self.public_url)
        return _Listed(seen.title, seen.since, incident.id[:8], seen.links)
