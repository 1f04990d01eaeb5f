"""What may be pressed on the messages of an incident: only what somebody listens to, and what makes sense as things stand.

Pure. What a press does is written in bot/chat; here it is only offered. No clock: what is offered changes with the incident.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.delivery.buttons import Below, Button, TickView
from bot.delivery.plaintext import cut, one_line
from bot.delivery.view import DiagnosisView, IncidentView
from bot.delivery.worded import WordedFinding, WordedFix
from bot.delivery.words import Words
from bot.hands import Tick, fix_key
from bot.model import Incident, IncidentState, Target

RECHECK, SILENCE, DETAILS, DONE, UNDONE = "recheck", "silence", "details", "done", "undone"
_NAME = 80
_TITLE = 120
_DONE_ON_TOP = 3
_PARTS = 8


@dataclass(frozen=True, slots=True)
class Offers:
    """`listens`: whether presses reach this bot. `silences` are the clusters with an Alertmanager."""

    listens: bool = False
    silences: frozenset[str] = frozenset()


NO_OFFERS = Offers()


@dataclass(frozen=True, slots=True)
class Meant:
    """Which fix of which incident a button under it means."""

    incident_id: str
    fix: str

    @classmethod
    def of(cls, value: str) -> "Meant | None":
        """None for what is on no button of ours."""
        try:
            parts = json.loads(value)
        except (ValueError, RecursionError):
            return None
        if (
            not isinstance(parts, list)
            or len(parts) != _PARTS
            or not all(isinstance(one, str) for one in parts)
        ):
            return None
        return cls(parts[0], fix_key(*parts[1:]))


def offering(shown: IncidentView, incident: Incident, offers: Offers, words: Words) -> IncidentView:
    """The same view with its buttons, and with who did which fix."""
    below = replace(_asked(incident, words), buttons=tuple(_buttons(incident, offers, words)))
    ends = offers.listens and incident.cluster in offers.silences
    silences = tuple(replace(one, ends=ends and one.lives) for one in shown.silences)
    shown = replace(shown, silences=silences)
    ticks = {tick.fix: tick for tick in incident.ticks}
    if not (offers.listens or ticks):
        return replace(shown, below=below)
    teller = _Teller(incident.id, ticks, offers, words)
    diagnoses = tuple(map(teller.diagnosis, shown.diagnoses))
    done = tuple(tick for one in diagnoses if not one.same_as for tick in _done(one, ticks, words))
    return replace(shown, below=replace(below, done=done[:_DONE_ON_TOP]), diagnoses=diagnoses)


def _done(shown: DiagnosisView, ticks: Mapping[str, Tick], words: Words) -> Iterator[TickView]:
    for found in shown.found:
        for fix in found.fixes:
            tick = ticks.get(_key(shown.diagnosis.target, found, fix))
            if tick is not None and tick.done and not fix.repeated:
                said = words.chat("ticks", "done_of", by=_name(tick.by), fix=cut(fix.title, _TITLE))
                yield TickView(said, tick.at, ())


def _buttons(incident: Incident, offers: Offers, words: Words) -> Iterator[Button]:
    """Three at most: more of them nobody reads."""
    if not offers.listens:
        return
    if incident.can_be_looked_at_again:
        yield Button(RECHECK, words.chat("buttons", "recheck"), incident.id)
    fires = incident.state is IncidentState.FIRING and bool(incident.firing)
    if fires and incident.cluster in offers.silences:
        yield Button(SILENCE, words.chat("buttons", "silence"), incident.id)
    if incident.diagnoses:
        yield Button(DETAILS, words.chat("buttons", "details"), incident.id)


def _asked(incident: Incident, words: Words) -> Below:
    if incident.asked is not None:
        return Below(words.chat("looks", "asked", by=_name(incident.asked.by)), incident.asked.at)
    if incident.gave_up and incident.diagnoses:
        return Below(words.chat("looks", "gave_up"))
    latest = next((one for one in incident.rechecks if one.by), None)
    return Below() if latest is None else Below(words.chat("looks", "looked", by=_name(latest.by)), latest.at)


def _name(text: str) -> str:
    return cut(one_line(text), _NAME)


def _names(target: Target, found: WordedFinding, fix: WordedFix) -> tuple[str, ...]:
    where = (target.cluster, target.namespace, target.kind, target.name)
    return (*where, found.runbook, found.cause, fix.key)


def _key(target: Target, found: WordedFinding, fix: WordedFix) -> str:
    return fix_key(*_names(target, found, fix))


class _Teller:
    """Numbers the buttons of one incident, so that no two on a message have one name."""

    def __init__(self, incident_id: str, ticks: Mapping[str, Tick], offers: Offers, words: Words) -> None:
        self._incident_id = incident_id
        self._ticks = ticks
        self._offers = offers
        self._words = words
        self._count = 0

    def diagnosis(self, shown: DiagnosisView) -> DiagnosisView:
        target = shown.diagnosis.target
        return replace(shown, found=tuple(self._finding(target, found) for found in shown.found))

    def _finding(self, target: Target, found: WordedFinding) -> WordedFinding:
        fixes = (
            fix if fix.repeated else replace(fix, tick=self._tick(target, found, fix)) for fix in found.fixes
        )
        return replace(found, fixes=tuple(fixes))

    def _tick(self, target: Target, found: WordedFinding, fix: WordedFix) -> TickView | None:
        tick = self._ticks.get(_key(target, found, fix))
        done = tick is not None and tick.done
        buttons = (self._button(_names(target, found, fix), done=done),) if self._offers.listens else ()
        if tick is None:
            return TickView("", None, buttons) if buttons else None
        said = self._words.chat("ticks", "done" if done else "undone", by=_name(tick.by))
        return TickView(said, tick.at, buttons)

    def _button(self, named: tuple[str, ...], *, done: bool) -> Button:
        value = json.dumps([self._incident_id, *named], ensure_ascii=False, separators=(",", ":"))
        action, self._count = f"{UNDONE if done else DONE}:{self._count}", self._count + 1
        return Button(action, self._words.chat("buttons", "undone" if done else "done"), value)
