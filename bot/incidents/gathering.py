"""Stands before the outbox: in a storm an incident is told by its channel's digest, and by a message of its own in its turn.

`deliver` is what the job of an incident does, `tell` what the job of a storm does. Whatever is killed between two steps is
done again: each reads the truth first, and ends in the same place. What is decided here is decided in `storms`.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Protocol

from bot import observe
from bot.delivery.digest import Gathered, Line, Storm
from bot.delivery.errand import Wanted
from bot.delivery.message import Part
from bot.delivery.moving import Moving
from bot.delivery.results import Delivered, Later, Refused
from bot.incidents.kept_storms import Known
from bot.incidents.store import Store, StoreError
from bot.incidents.storm_book import OVER, StormBook
from bot.incidents.storms import Round, StormOptions, Way, in_order, round_of, way
from bot.incidents.work import Again, Done, Job, Outcome
from bot.model import Incident

# After a storm threads come in the order of their messages, about as fast as a channel takes them.
_THREAD_SECONDS = 1.5
# So often in a row may a round fail: after half a minute its members are told without a digest.
_TRIES = 5


class Post(Protocol):
    """As the outbox delivers."""

    async def deliver(
        self, incident: Incident, *, thread: bool = True, wanted: Wanted | None = None
    ) -> Delivered | Later | Refused: ...

    @property
    def moving(self) -> Moving: ...

    async def tell(
        self, owner: str, channel: str, render: Callable[[], Sequence[Part]], *, thread: bool = True
    ) -> Delivered | Later: ...


class Wording(Protocol):
    """What a digest says. Pure, and slow enough to be done in a thread."""

    def line(self, incident: Incident, channel_id: str) -> Line: ...

    def parts(self, storm: Storm, members: Sequence[Gathered]) -> Sequence[Part]: ...


class Gathering:
    def __init__(
        self,
        store: Store,
        book: StormBook,
        outbox: Post,
        wording: Wording,
        options: StormOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._book = book
        self._outbox = outbox
        self._wording = wording
        self._options = options
        self._clock = clock
        self._one = asyncio.Lock()

    # -- an incident

    async def deliver(self, incident: Incident) -> Delivered | Later | Refused:
        if not incident.channel:
            return Refused("no channel is routed to")
        if not incident.moves:
            return await self._deliver(incident)
        await self._outbox.moving.leave(incident)
        return await self._outbox.moving.see_off(incident, await self._deliver(incident))

    async def _deliver(self, incident: Incident) -> Delivered | Later | Refused:
        known = await self._book.find(incident)
        chosen = Way.WHOLE
        if known.place.concerned(self._options) or known.line is not None:
            chosen = await self._way(incident, known)
        match chosen:
            case Way.WHOLE:
                if not (known.expected or known.place.told):
                    await self._book.expect(incident)
                return await self._outbox.deliver(incident, wanted=partial(self._by_itself, incident))
            case Way.TOP:
                return await self._without_thread(incident, known)
            case _:
                return Delivered()

    async def _by_itself(self, incident: Incident) -> bool:
        """A storm may have begun while it waited for its turn."""
        return not (await self._book.find(incident)).place.storm

    async def _way(self, incident: Incident, known: Known) -> Way:
        place = known.place
        line = await self._line(incident, known)
        chosen = way(place, line, self._options)
        if known.line is not None and line != known.line:
            await self._book.reword(incident, line)
        if chosen is Way.OPEN or (chosen is Way.GATHER and place.gathered != place.storm):
            return await self._book.gather(incident, line)
        return chosen

    async def _line(self, incident: Incident, known: Known) -> Line:
        async with self._one:
            return await asyncio.to_thread(self._wording.line, incident, known.channel_id)

    async def _without_thread(self, incident: Incident, known: Known) -> Delivered | Later | Refused:
        """The end of a storm puts its members to work again; others have to look for it."""
        result = await self._outbox.deliver(incident, thread=False)
        if not isinstance(result, Delivered) or not result.rest or known.place.gathered == known.place.storm:
            return result
        pause = self._options.thread.total_seconds()
        return Later(pause, "its thread waits for the end of a storm", counts=False, first=result.first)

    # -- a storm

    async def tell(self, job: Job) -> Outcome:
        if job.attempts > _TRIES:
            await self._book.break_up(job.key)
        storm = await self._book.storm(job.key)
        if storm is None:
            return Done()
        members = await self._book.members(storm.id)
        if job.payload == OVER:
            await self._book.take_up([one for one in in_order(members) if one.ts], _THREAD_SECONDS)
            return Done()
        found = await asyncio.to_thread(round_of, storm, members, self._clock(), self._options)
        wait = await self._round(storm, members, found)
        await self._book.take_up(found.left)
        if wait is not None and (wait.counts or storm.closed_at is not None):
            return Again(wait.after, wait.reason, wait.counts)
        if storm.closed_at is not None:
            return Done()
        if wait is None and found.passed and await self._book.close(storm):
            observe.log.info("a storm has passed", storm=storm.id, incidents=len(members))
            return Done()
        # Another job, not this one again: a storm may outlive many processes, and each costs a job one attempt.
        await self._book.look_again(storm, wait.after if wait else found.pause)
        return Done()

    async def _round(self, storm: Storm, members: Sequence[Gathered], found: Round) -> Later | None:
        """First the head of the digest, so that people know; then those whose turn it is; the list last.

        Whatever becomes of the digest, nobody's own message waits for it.
        """
        parts = self._worded(storm, members)
        untold = await self._digest(storm, parts, thread=False)
        wait = await self._turns(storm, found.turns)
        if wait is None and untold is None:
            if found.turns:
                parts = self._worded(storm, await self._book.members(storm.id))
            untold = await self._digest(storm, parts, thread=True)
        if untold is None or (wait is not None and not untold.counts):
            return wait
        if untold.counts:
            return untold
        longest = found.pause if found.turns else self._options.calm.total_seconds()
        return replace(untold, after=min(untold.after, longest))

    def _worded(self, storm: Storm, members: Sequence[Gathered]) -> Callable[[], Sequence[Part]]:
        """Worded once, when it is asked for."""
        return cache(lambda: self._wording.parts(storm, in_order(members)))

    async def _digest(
        self, storm: Storm, parts: Callable[[], Sequence[Part]], *, thread: bool
    ) -> Later | None:
        try:
            told = await self._outbox.tell(storm.id, storm.channel, parts, thread=thread)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of a digest: it must not cost its members their turn
            observe.log.exception("a digest failed", storm=storm.id)
            pause = self._options.edit.total_seconds()
            return Later(pause, f"{type(error).__name__}: {error}")
        return told if isinstance(told, Later) else None

    async def _turns(self, storm: Storm, turns: Iterable[Gathered]) -> Later | None:
        for member in turns:
            try:
                wait = await self._turn(storm, member)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - the boundary of a member: it must not cost those behind it their turn
                observe.log.exception(
                    "a member of a storm failed", storm=storm.id, incident=member.incident_id
                )
                await self._book.set_apart(storm, member)
                continue
            if wait is not None:
                return wait
        return None

    async def _turn(self, storm: Storm, member: Gathered) -> Later | None:
        incident = await self._store.get(member.incident_id)
        if incident is None or not await self._needs_a_message(incident, member):
            return None
        if incident.channel != storm.channel:
            await self._book.set_apart(storm, member)
            return None
        match await self._outbox.deliver(incident, thread=False):
            case Delivered(first=first):
                await self._told(storm, incident, first=first)
            case Later(counts=False) as wait:
                return wait
            case _:
                await self._book.set_apart(storm, member)
        return None

    async def _needs_a_message(self, incident: Incident, member: Gathered) -> bool:
        """Those before it may have made it needless, and so may the news of a moment ago."""
        known = await self._book.find(incident)
        line = await self._line(incident, known)
        if line != known.line:
            await self._book.reword(incident, line)
        return replace(member, line=line).waits

    async def _told(self, storm: Storm, incident: Incident, *, first: bool) -> None:
        if first:
            waited = (self._clock() - incident.opened_at).total_seconds()
            observe.FIRST_MESSAGE_SECONDS.observe(max(0.0, waited))
        await self._book.told(storm)
