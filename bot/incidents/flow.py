"""The way of an alert through durable work: what each kind of job does, one method each.

An event is merged and its follow-up work put in one transaction; a diagnosis looks and is saved; what was found is looked
for again when all is over or somebody asks; a delivery brings the message to the incident's newest state. Every step may
run twice: each reads the truth and ends in the same place. Nothing here parses, looks, words or posts.
"""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot import observe
from bot.alerts import began
from bot.delivery.results import Delivered, Later, Refused
from bot.diagnosis.bundle import BundleError, pack
from bot.diagnosis.engine import Engine
from bot.diagnosis.recheck import worth_a_recheck
from bot.diagnosis.recording import Recording
from bot.incidents import giving_up
from bot.incidents.again import Asking, LookAgain, diagnosis_of, recheck_after_end
from bot.incidents.audit import Deed
from bot.incidents.blindness import as_before, blind, pause
from bot.incidents.merge import Merged, MergeOptions, MergeReason, mark_stale, merge
from bot.incidents.relations import edits
from bot.incidents.rising import placed
from bot.incidents.routing import Plan, Routes
from bot.incidents.store import Store, Transaction
from bot.incidents.targets import ClusterMatch, split_by_cluster
from bot.incidents.work import Again, Done, GiveUp, Handler, Job, JobKind, NewJob, Outcome
from bot.incidents.workloads import workloads
from bot.model import AlertGroup, Diagnosis, Incident, IncidentState, Target, Verdict

# After these a reader expects a fresh look; a repeat or a resolve does not change what was found.
_WORTH_A_LOOK = frozenset(
    {
        MergeReason.FIRST,
        MergeReason.NEW_ALERTS,
        MergeReason.REFIRED,
        MergeReason.REOPENED,
        MergeReason.REVIVED,
    }
)
_MANY = 200
# More of those that were not looked at are counted, not named.
_NAMED = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """Seconds: `hold` is how long a first message may wait for its diagnosis, `look_again` paces looks at a silent
    cluster, `recheck_after` is how long after the end it is looked whether all is well.
    """

    clusters: tuple[ClusterMatch, ...]
    routes: Routes
    merge: MergeOptions
    stale_after: timedelta
    hold: float = 5.0
    look_again: float = 30.0
    recheck_after: float = 5.0
    targets: int = 5


class Courier(Protocol):
    """Who delivers: the outbox, or the log where Slack is not configured."""

    async def deliver(self, incident: Incident) -> Delivered | Later | Refused: ...


class Flow:
    """`parse` turns a kept body into its group; it has done so once before the body was accepted."""

    def __init__(  # noqa: PLR0913 - everything an alert passes on its way is handed in here, once
        self,
        store: Store,
        engine: Engine,
        courier: Courier,
        *,
        parse: Callable[[bytes], AlertGroup],
        options: FlowOptions,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._engine = engine
        self._courier = courier
        self._parse = parse
        self._options = options
        self._clock = clock
        self._new_id = new_id
        self._again = LookAgain(store, engine, clock, look_again=options.look_again)

    @property
    def handlers(self) -> Mapping[JobKind, Handler]:
        return {
            JobKind.EVENT: self.event,
            JobKind.DIAGNOSE: self.diagnose,
            JobKind.RECHECK: self._again.recheck,
            JobKind.DELIVER: self.deliver,
        }

    async def event(self, job: Job) -> Outcome:
        group = await asyncio.to_thread(lambda: self._parse(zlib.decompress(job.payload)))
        for cluster, part in split_by_cluster(group, self._options.clusters).items():
            async with self._store.begin() as transaction:
                await self._merge(transaction, cluster, part, job.created_at)
        return Done()

    async def _merge(
        self, transaction: Transaction, cluster: str, group: AlertGroup, heard_at: datetime
    ) -> None:
        many = len(group.alerts) >= _MANY
        current = await transaction.incident(cluster, group.receiver, group.group_key, big=many)
        merged = await _aside(
            len(group.alerts),
            lambda: merge(
                current,
                group,
                cluster=cluster,
                now=heard_at,
                new_id=self._new_id,
                options=self._options.merge,
            ),
        )
        observe.MERGES.labels(merged.reason).inc()
        incident = merged.incident
        if incident is None:
            observe.log.info("nothing to keep", reason=merged.reason)
            return
        incident = placed(incident, current, self._options.routes)
        if current and incident.moves > current.moves and await transaction.is_one_channel(current, incident):
            incident = replace(incident, channel=current.channel, moves=current.moves)
        if merged.reason in _WORTH_A_LOOK:
            incident = replace(incident, rechecks=(), gave_up="")
        await transaction.save(incident)
        if not merged.changed:
            return
        if current is None or current.id != incident.id:
            await transaction.expect(incident, self._clock())
        elif incident.rises > current.rises:
            await self._risen(transaction, incident, current)
        others = await transaction.correlate(incident) - {incident.id}
        facts = {"alerts": len(merged.alerts_changed), "firing": len(incident.firing)}
        await transaction.note(incident.id, heard_at, merged.reason, facts)
        await transaction.put([*self._follow_up(incident, merged), *edits(others)])
        observe.log.info("merged", incident=incident.id, reason=merged.reason, state=incident.state, **facts)

    async def _risen(self, transaction: Transaction, incident: Incident, before: Incident) -> None:
        moved = incident.channel if incident.moves > before.moves else ""
        facts = {"severity": incident.peak, "channel": moved}
        await transaction.note(incident.id, incident.heard_at, "rose", facts)
        if moved:
            await transaction.move(incident, self._clock())

    def _follow_up(self, incident: Incident, merged: Merged) -> list[NewJob]:
        """A first message waits a little for its diagnosis; nothing else waits, and what is over is not held back."""
        look = merged.reason in _WORTH_A_LOOK and incident.state is IncidentState.FIRING
        hold = self._options.hold if look and incident.diagnosed_revision < 0 else 0.0
        jobs = [NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}", delay=hold)]
        if look:
            jobs.append(diagnosis_of(incident.id))
        return [*jobs, *self._recheck_when_over(incident)]

    def _recheck_when_over(self, incident: Incident) -> list[NewJob]:
        over = incident.state is IncidentState.RESOLVED
        worth = over and any(map(worth_a_recheck, incident.diagnoses))
        return [recheck_after_end(incident.id, delay=self._options.recheck_after)] if worth else []

    async def diagnose(self, job: Job) -> Outcome:
        incident = await self._store.get(job.incident_id)
        if incident is None or incident.state is IncidentState.RESOLVED:
            if incident is not None and not incident.diagnoses:
                await self._again.forget(incident)
            return Done()
        limit = self._options.targets
        planned = await workloads(incident.firing, incident.cluster, limit, self._engine.owner)
        recordings = await self._look(incident, planned)
        diagnoses = tuple(recording.diagnosis for recording in recordings)
        silent = blind(diagnoses)
        if not (silent and as_before(incident.diagnoses, diagnoses)):
            bundle = await _packed(incident, recordings)
            await self._save(incident, diagnoses, bundle, planned.left_out)
        if silent and incident.state is IncidentState.FIRING:
            wait = pause(self._options.look_again, self._clock() - incident.opened_at)
            return Again(wait, "no source answered", counts=False)
        return Done()

    async def _look(self, incident: Incident, planned: Plan) -> tuple[Recording, ...]:
        """One diagnosis for each workload, however many of its pods alert."""
        since = began(incident.firing, incident.heard_at, incident.opened_at)
        asked = (
            self._engine.record(entry.target, alerts=entry.alerts, since=since) for entry in planned.entries
        )
        return tuple(await asyncio.gather(*asked))

    async def _save(
        self,
        seen: Incident,
        diagnoses: tuple[Diagnosis, ...],
        bundle: bytes | None,
        left_out: tuple[Target, ...],
    ) -> None:
        async with self._store.begin() as transaction:
            incident = await transaction.load(seen.id, big=len(seen.alerts) >= _MANY)
            if incident is None:
                return
            diagnosed = replace(
                incident,
                diagnoses=diagnoses,
                targets=tuple(diagnosis.target for diagnosis in diagnoses),
                runbooks=tuple(dict.fromkeys(name for each in diagnoses for name in each.runbooks)),
                diagnosed_revision=seen.revision,
                left_out=len(left_out),
                left_out_targets=left_out[:_NAMED],
                revision=incident.revision + 1,
                rechecks=(),
                # Where there was nothing to look at again, this is what was asked for.
                asked=incident.asked if seen.diagnoses else None,
                gave_up="",
            )
            await transaction.save(diagnosed)
            await transaction.keep_bundle(incident.id, bundle)
            others = await transaction.correlate(diagnosed) - {incident.id}
            causes = [f.cause for each in diagnoses for f in each.findings if f.verdict is Verdict.CONFIRMED]
            await transaction.note(
                incident.id,
                self._clock(),
                "diagnosed",
                {"targets": len(diagnoses), "confirmed": ", ".join(dict.fromkeys(causes))},
            )
            told = NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")
            await transaction.put([told, *self._recheck_when_over(diagnosed), *edits(others)])

    async def ask_recheck(self, incident_id: str, deed: Deed | None = None) -> Asking | None:
        """What a button calls: look again now. None where there is no such incident, or nothing was ever looked at."""
        return await self._again.ask(incident_id, deed)

    async def deliver(self, job: Job) -> Outcome:
        if job.payload:
            await giving_up.note(self._store, job, self._clock())
        incident = await self._store.get(job.incident_id)
        if incident is None:
            return Done()
        match await self._courier.deliver(incident):
            case Delivered(first=first):
                self._first_message(job, told=first)
                return Done()
            case Later(after, reason, counts, first):
                self._first_message(job, told=first)
                return Again(after, reason, counts)
            case Refused(reason):
                return GiveUp(reason)

    def _first_message(self, job: Job, *, told: bool) -> None:
        if told:
            waited = self._clock() - job.created_at
            observe.FIRST_MESSAGE_SECONDS.observe(max(0.0, waited.total_seconds()))

    async def sweep(self) -> int:
        """Mark what has been silent for too long: neither red for ever nor green by guess."""
        now = self._clock()
        marked = 0
        for incident_id in await self._store.unheard(now - self._options.stale_after):
            async with self._store.begin() as transaction:
                incident = await transaction.load(incident_id)
                stale = incident and mark_stale(incident, now, self._options.stale_after)
                if not stale:
                    continue
                await transaction.save(stale)
                await transaction.note(stale.id, now, "stale", {"heard_at": stale.heard_at.isoformat()})
                others = await transaction.correlate(stale) - {stale.id}
                told = NewJob(JobKind.DELIVER, stale.id, f"deliver:{stale.id}")
                await transaction.put([told, *edits(others)])
                marked += 1
        return marked


async def _aside(alerts: int, work: Callable[[], T]) -> T:
    """What goes through many alerts must not hold up the event loop; for a few the way to a thread is longer."""
    return work() if alerts < _MANY else await asyncio.to_thread(work)


async def _packed(incident: Incident, recordings: tuple[Recording, ...]) -> bytes | None:
    """For a replay. An incident that cannot be replayed is still one that was diagnosed."""
    try:
        return await asyncio.to_thread(pack, recordings)
    except BundleError as error:
        observe.log.warning("no bundle is kept", incident=incident.id, reason=f"it {error}")
        return None
