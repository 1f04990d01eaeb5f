"""What is remembered of silences: each step is one transaction with the incident's timeline, the audit and the work that follows.

Asks nobody but the store. Each step reads the row again first, so that of two who take the same step one changes nothing. That
a silence was made, and that somebody ended it, is never written without the deed of whoever asked for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.incidents.audit import Audit, Deed, Person, Result, Via
from bot.incidents.silences import Problem, same
from bot.incidents.store import Store
from bot.incidents.transaction import Transaction
from bot.incidents.work import JobKind, NewJob
from bot.model import Incident
from bot.silence import Hand, KnownSilence, Silence, SilenceState

# How long somebody may wait for Alertmanager before it is looked what became of a silence. Longer than any time-out.
SETTLED_AFTER = timedelta(seconds=15)
# How soon it shows here that somebody ended or prolonged a silence in Alertmanager.
_LOOK_EVERY = timedelta(minutes=5)
# Presses on one button want one end, though they come seconds apart.
_ONE_PRESS = timedelta(minutes=2)
# Whoever asked for an end has long gone another way.
_ENDING = timedelta(minutes=2)

_Become = Callable[[Silence], Silence]
_ACTIVE = frozenset({SilenceState.ACTIVE})


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in the book. `is_new` where this call wrote it; `tried` where it was asked for before, in vain."""

    silence: Silence
    is_new: bool
    tried: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """From one of the states `wanted`. `reason` is that of the timeline; `deed` is of the silence as it has become."""

    reason: str
    wanted: frozenset[SilenceState]
    deed: Callable[[Silence], Deed | None] = lambda _: None


class SilenceBook:
    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit
        self._clock = audit.clock

    async def ask(self, asked: Silence) -> Held | Problem:
        """Write down that it is about to be made, unless one that does the same is there."""
        async with self._store.begin() as transaction:
            if await transaction.load(asked.incident_id) is None:
                return Problem("no_such_incident")
            before = await transaction.silence(asked.id)
            if before is not None and before.state is SilenceState.ENDED:
                return Problem("over", {"by": before.ended_by})
            others = await transaction.silences(asked.incident_id)
            twin = next((one for one in others if one.lives and _wants_the_same(asked, one)), None)
            if twin is not None:
                return Held(twin, is_new=False)
            await transaction.keep_silence(asked)
            await transaction.put([look_after(asked, SETTLED_AFTER)])
        return Held(asked, is_new=True, tried=before is not None)

    async def made(self, silence: Silence, known: KnownSilence, link: str = "") -> Silence:
        """Alertmanager has it."""

        def become(now: Silence) -> Silence:
            return replace(
                now,
                state=SilenceState.ACTIVE,
                alertmanager_id=known.id,
                ends_at=known.ends_at,
                link=link,
                reason="",
                detail="",
            )

        wanted = frozenset({SilenceState.ASKED, SilenceState.FAILED})
        return await self._step(silence, _Step("silenced", wanted, self._made_by), become)

    async def failed(self, silence: Silence, key: str, detail: str = "", *, told: bool = False) -> Silence:
        """`told` where the audit hears of it from whoever waits for the answer."""

        def become(now: Silence) -> Silence:
            return replace(now, state=SilenceState.FAILED, reason=key, detail=detail[:500])

        def deed(now: Silence) -> Deed | None:
            return None if told else self._made_by(now, f"{Result.FAILED}: {key}")

        step = _Step("silence_failed", frozenset({SilenceState.ASKED}), deed)
        return await self._step(silence, step, become)

    async def moved(self, silence: Silence, known: KnownSilence) -> Silence:
        """It ends at another time now, because somebody said so in Alertmanager."""

        def become(now: Silence) -> Silence:
            return replace(now, ends_at=known.ends_at)

        return await self._step(silence, _Step("silence_moved", _ACTIVE), become)

    async def end_asked(self, silence: Silence, hand: Hand) -> Silence | Problem:
        """Write down who is about to end it, unless somebody is just doing that."""
        async with self._store.begin() as transaction:
            incident = await transaction.load(silence.incident_id)
            now = await transaction.silence(silence.id)
            if incident is None or now is None:
                return Problem("no_such_silence")
            if now.state is not SilenceState.ACTIVE:
                return Problem("over", {"by": now.ended_by})
            if now.ender is not None and hand.at - now.ender.at < _ENDING:
                return Problem("ending", {"by": str(now.ender)})
            asked = replace(now, ender=hand)
            await transaction.keep_silence(asked)
            await transaction.put([look_after(asked, SETTLED_AFTER)])
        return asked

    async def not_ended(self, silence: Silence, *, told: bool = False) -> Silence:
        """Alertmanager did not take the end that somebody asked for; `told` as for `failed`."""

        def become(now: Silence) -> Silence:
            return replace(now, ender=None)

        def deed(_: Silence) -> Deed | None:
            hand = silence.ender
            return (
                None if told or hand is None else self._ended_by(silence, hand, f"{Result.FAILED}: not_taken")
            )

        step = _Step("" if told else "silence_not_ended", _ACTIVE, deed)
        return await self._step(silence, step, become)

    async def ended(self, silence: Silence, known: KnownSilence | None = None) -> Silence:
        """By whoever had asked for that; else it ran out, or was ended in Alertmanager."""

        def become(now: Silence) -> Silence:
            by, at = str(now.ender or ""), self._clock()
            planned = known.ends_at if known is not None else silence.ends_at
            return replace(
                now, state=SilenceState.ENDED, ended_at=at if by else min(at, planned), ended_by=by
            )

        def deed(now: Silence) -> Deed | None:
            return None if now.ender is None else self._ended_by(now, now.ender)

        return await self._step(silence, _Step("silence_ended", _ACTIVE, deed), become)

    async def look_later(self, silence: Silence) -> None:
        async with self._store.begin() as transaction:
            await transaction.put([look_after(silence, self._until_next_look(silence))])

    def _until_next_look(self, silence: Silence) -> timedelta:
        """A little after its end, so that Alertmanager sees it ended as well."""
        left = silence.ends_at - self._clock() + timedelta(seconds=2)
        return max(min(left, _LOOK_EVERY), timedelta(seconds=1))

    async def _step(self, silence: Silence, step: _Step, become: _Become) -> Silence:
        async with self._store.begin() as transaction:
            incident = await transaction.load(silence.incident_id)
            now = await transaction.silence(silence.id)
            if incident is None or now is None or now.state not in step.wanted:
                return now or silence
            changed = become(now)
            await transaction.keep_silence(changed)
            deed = step.deed(changed)
            if deed is not None:
                await transaction.note_audit(deed)
            await self._tell(transaction, incident, changed, step.reason)
        return changed

    async def _tell(
        self, transaction: Transaction, incident: Incident, silence: Silence, reason: str
    ) -> None:
        by = silence.ended_by if reason == "silence_ended" else silence.by
        facts = {"by": by, "until": silence.ends_at.isoformat(), "why": silence.detail or silence.reason}
        jobs = [NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")]
        if reason:
            await transaction.note(incident.id, self._clock(), reason, facts)
        if silence.lives:
            jobs.append(look_after(silence, self._until_next_look(silence)))
        await transaction.put(jobs)

    def _made_by(self, silence: Silence, result: str = Result.DONE) -> Deed:
        # Rows of an older version know the name only.
        hand = silence.asker or Hand(Via.SLACK, silence.author or silence.by, silence.created_at, silence.by)
        until = silence.ends_at.isoformat(timespec="minutes")
        what = f"silence until {until} {', '.join(silence.matchers)} {silence.said}"
        return self._deed(silence, hand, what, result)

    def _ended_by(self, silence: Silence, hand: Hand, result: str = Result.DONE) -> Deed:
        return self._deed(silence, hand, f"unsilence {silence.id}", result)

    def _deed(self, silence: Silence, hand: Hand, what: str, result: str) -> Deed:
        person = Person(Via(hand.via), hand.who, hand.name)
        return self._audit.deed(
            person, what, place=hand.place, incident_id=silence.incident_id, result=result
        )


def look_after(silence: Silence, delay: timedelta) -> NewJob:
    payload, wait = silence.id.encode(), delay.total_seconds()
    return NewJob(JobKind.SILENCE, silence.incident_id, f"silence:{silence.id}", payload, wait)


def _wants_the_same(asked: Silence, other: Silence) -> bool:
    enough = other.ends_at >= asked.ends_at - _ONE_PRESS
    return other.id == asked.id or (enough and same(other.matchers, asked.matchers))
