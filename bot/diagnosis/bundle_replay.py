"""Decides again over a recording, offline: every look is answered as it was then, after as long as it took then.

Nobody waits for that: the clock of the event loop jumps. So a runbook that ran out of time then does so again, at once
and with the same words. Asks no source and judges nothing.
"""

import asyncio
import selectors
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from bot.diagnosis.choosing import ExtraMatch
from bot.diagnosis.engine import Engine, EngineOptions
from bot.diagnosis.recording import Recording
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Alert, AlertStatus, Diagnosis, Reason, Source

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def replay(
    recordings: Sequence[Recording], runbooks: Sequence[Runbook[Any]], extra: Sequence[ExtraMatch] = ()
) -> tuple[Diagnosis, ...]:
    """What these runbooks make of each recording. Runs an event loop of its own, so not from within another one."""
    with asyncio.Runner(loop_factory=_HastyLoop) as runner:
        return tuple(runner.run(_decide(recording, runbooks, extra)) for recording in recordings)


async def _decide(
    recording: Recording, runbooks: Sequence[Runbook[Any]], extra: Sequence[ExtraMatch]
) -> Diagnosis:
    before, asked = recording.diagnosis, recording.asked
    # The looks that timed out then are answered with that; the look's own time-out must not come first.
    options = EngineOptions(
        recording.deadline,
        look_timeout=2 * recording.deadline,
        extra=tuple(extra),
        judges_in_threads=False,
    )
    answerer = Recorded(recording)
    engine = Engine(
        runbooks,
        {before.target.cluster: dict.fromkeys(Source, answerer)},
        clock=lambda: before.at or _EPOCH,
        options=options,
    )
    alerts = [_alert(labels, asked.since or _EPOCH) for labels in asked.alerts]
    again = await engine.diagnose(before.target, names=asked.names, alerts=alerts, since=asked.since)
    return replace(again, at=before.at, took_ms=before.took_ms)


def _alert(labels: Any, began: datetime) -> Alert:
    return Alert(AlertStatus.FIRING, labels, {}, began, None, "", "")


class Recorded:
    """Answers from a recording. What nobody asked then is unknown now, which proves nothing: least of all absence."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def answer(self, look: Look[T]) -> T | Unavailable:
        if look in self._recording.unanswered:
            await asyncio.get_running_loop().create_future()
        if look not in self._recording.answers:
            return gap_of(look, Reason.NOT_CONFIGURED, "not in the bundle")
        await asyncio.sleep(self._recording.seconds[look])
        return cast("T | Unavailable", self._recording.answers[look])


class _Skipping(selectors.SelectSelector):
    """Waits for nothing: what it was asked to wait is added to `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.now += timeout
            timeout = 0
        return super().select(timeout)


class _HastyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now
