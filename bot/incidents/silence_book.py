"""What is remembered of silences: each step is one transaction with the incident's timeline and the work that follows.

Asks nobody but the store. Each step reads the row again first, so that of two who take the same step one changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.incidents.audit import Deed
from bot.incidents.silences import Problem, same
from bot.incidents.store import Store
from bot.incidents.transaction import Transaction
from bot.incidents.work import JobKind, NewJob
from bot.model import Incident
from bot.silence import KnownSilence, Silence, SilenceState

# How long somebody may wait for Alertmanager before it is looked what became of a silence. Longer than any time-out.
SETTLED_AFTER = timedelta(seconds=15)
# How soon it shows here that somebody ended or prolonged a silence in Alertmanager.
_LOOK_EVERY = timedelta(minutes=5)
# Presses on one button want one end, though they come seconds apart.
_ONE_PRESS = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in the book. `is_new` where this call wrote it; `tried` where it was asked for before, in vain."""

    silence: Silence
    is_new: bool
    tried: bool = False


class SilenceBook:
    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def ask(self, asked: Silence) -> Held | Problem:
        """Write down that it is about to be made, unless one that does the same is there."""
        async with self._store.begin() as transaction:
            if await transaction.load(asked.incident_id) is None:
                return Problem("no_such_incident")
            before = await transaction.silence(asked.id)
            if before is not None and before.state is SilenceState.ENDED:
                return Problem("over")
            others = await transaction.silences(asked.incident_id)
            twin = next((one for one in others if one.lives and _wants_the_same(asked, one)), None)
            if twin is not None:
                return Held(twin, is_new=False)
            await transaction.keep_silence(asked)
            await transaction.put([look_after(asked, SETTLED_AFTER)])
        return Held(asked, is_new=True, tried=before is not None)

    async def made(
        self, silence: Silence, known: KnownSilence, link: str = "", deed: Deed | None = None
    ) -> Silence:
        """Alertmanager has it."""

        def become(now: Silence) -> Silence:
            return replace(
                now,
                state=SilenceState.ACTIVE,
                alertmanager_id=known.id,
                ends_at=known.ends_at,
                link=link,
                reason="",
            )

        wanted = frozenset({SilenceState.ASKED, SilenceState.FAILED})
        return await self._step(silence, wanted, become, "silenced", deed)

    async def failed(self, silence: Silence, reason: str) -> Silence:
        def become(now: Silence) -> Silence:
            return replace(now, state=SilenceState.FAILED, reason=reason[:500])

        return await self._step(silence, frozenset({SilenceState.ASKED}), become, "silence_failed", None)

    async def moved(self, silence: Silence, ends_at: datetime) -> Silence:
        """It ends at another time now, because somebody said so in Alertmanager."""

        def become(now: Silence) -> Silence:
            return replace(now, ends_at=ends_at)

        return await self._step(silence, frozenset({SilenceState.ACTIVE}), become, "silence_moved", None)

    async def ended(
        self, silence: Silence, at: datetime, *, by: str = "", deed: Deed | None = None
    ) -> Silence:
        """`by` is empty where it ran out, or was ended in Alertmanager."""

        def become(now: Silence) -> Silence:
            return replace(now, state=SilenceState.ENDED, ended_at=at, ended_by=by)

        return await self._step(silence, frozenset({SilenceState.ACTIVE}), become, "silence_ended", deed)

    async def look_later(self, silence: Silence) -> None:
        async with self._store.begin() as transaction:
            await transaction.put([look_after(silence, self._until_next_look(silence))])

    def _until_next_look(self, silence: Silence) -> timedelta:
        """A little after its end, so that Alertmanager sees it ended as well."""
        left = silence.ends_at - self._clock() + timedelta(seconds=2)
        return max(min(left, _LOOK_EVERY), timedelta(seconds=1))

    async def _step(
        self,
        silence: Silence,
        wanted: frozenset[SilenceState],
        become: Callable[[Silence], Silence],
        reason: str,
        deed: Deed | None,
    ) -> Silence:
        async with self._store.begin() as transaction:
            incident = await transaction.load(silence.incident_id)
            now = await transaction.silence(silence.id)
            if incident is None or now is None or now.state not in wanted:
                return now or silence
            changed = become(now)
            await transaction.keep_silence(changed)
            if deed is not None:
                await transaction.note_audit(deed)
            await self._tell(transaction, incident, changed, reason)
        return changed

    async def _tell(
        self, transaction: Transaction, incident: Incident, silence: Silence, reason: str
    ) -> None:
        by = silence.ended_by if reason == "silence_ended" else silence.by
        facts = {"by": by, "until": silence.ends_at.isoformat(), "why": silence.reason}
        await transaction.note(incident.id, self._clock(), reason, facts)
        jobs = [NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")]
        if silence.lives:
            jobs.append(look_after(silence, self._until_next_look(silence)))
        await transaction.put(jobs)


def look_after(silence: Silence, delay: timedelta) -> NewJob:
    payload, wait = silence.id.encode(), delay.total_seconds()
    return NewJob(JobKind.SILENCE, silence.incident_id, f"silence:{silence.id}", payload, wait)


def _wants_the_same(asked: Silence, other: Silence) -> bool:
    enough = other.ends_at >= asked.ends_at - _ONE_PRESS
    return other.id == asked.id or (enough and same(other.matchers, asked.matchers))
