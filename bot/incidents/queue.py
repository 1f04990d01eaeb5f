"""Runs the durable jobs of the store: claims them, hands them to their handlers, writes down what became of them.

Here is the one error boundary of a job: whatever a handler raises becomes a later attempt, a log line and a metric.
What a job does is the handlers' to know, how its row changes is `bot.incidents.leases`'.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from structlog.contextvars import bound_contextvars

from bot.incidents import deaths, jobs, kept_audit, leases
from bot.incidents.audit import Deed
from bot.incidents.database import StoreError
from bot.incidents.giving_up import aftermath
from bot.incidents.group_commit import GroupCommit, Limits
from bot.incidents.leases import Answer, Claim, Terms
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, GiveUp, Handler, Job, JobKind, JobState, NewJob, Outcome
from bot.observe import JOB_OUTCOMES, log

_EVENT, _DIAGNOSE, _RECHECK, _DELIVER = JobKind.EVENT, JobKind.DIAGNOSE, JobKind.RECHECK, JobKind.DELIVER
_SILENCE, _STORM, _ASK = JobKind.SILENCE, JobKind.STORM, JobKind.ASK
# People who ask wait for each other nowhere: how many may is said where they are heard.
_PLACES = {_EVENT: 4, _DIAGNOSE: 8, _RECHECK: 2, _DELIVER: 16, _SILENCE: 2, _STORM: 4, _ASK: 64}
_BUSY_PLACES = {_EVENT: 1, _DIAGNOSE: 2, _RECHECK: 1, _DELIVER: 2, _SILENCE: 1, _STORM: 2, _ASK: 16}
_ATTEMPTS = {_EVENT: 20, _DIAGNOSE: 5, _RECHECK: 5, _DELIVER: 20, _SILENCE: 20, _STORM: 20, _ASK: 20}
# How often it may end with its process, which may be another job's doing: over some ten minutes, and longer for what would
# be lost with it.
_DEATHS = {kind: 8 if kind in {_DIAGNOSE, _RECHECK} else 20 for kind in JobKind}

_LABELS: Mapping[type[Outcome], str] = {Done: "done", Again: "again", GiveUp: "gave_up"}


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Seconds, and numbers for each kind of job. `poll` finds what other replicas put, and what they left behind.

    `places` are how many run at once; `busy_places`, while somebody waits for jobs to be kept: whoever waits goes first.
    """

    places: Mapping[JobKind, int] = field(default_factory=_PLACES.copy)
    busy_places: Mapping[JobKind, int] = field(default_factory=_BUSY_PLACES.copy)
    attempts: Mapping[JobKind, int] = field(default_factory=_ATTEMPTS.copy)
    deaths: Mapping[JobKind, int] = field(default_factory=_DEATHS.copy)
    lease: float = 6.0
    heartbeat: float = 2.0
    poll: float = 1.0
    store_timeout: float = 10.0
    backoff: float = 1.0
    longest_backoff: float = 60.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Run:
    claim: Claim
    task: asyncio.Task[None]


class Queue:
    """`Work`, kept in a store. `start` may be called once; `put` and `retry` work before it too."""

    def __init__(
        self,
        store: Store,
        handlers: Mapping[JobKind, Handler],
        *,
        options: QueueOptions | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._database = store.database
        self._handlers = dict(handlers)
        self._options = options or QueueOptions()
        self._sleep = sleep
        self._owner = f"{store.replica}/{uuid.uuid4().hex[:12]}"
        self._commit = GroupCommit(self._database, self._options.limits, store.wake)
        self._running: dict[int, _Run] = {}
        self._answers: list[Answer] = []
        self._news = asyncio.Event()
        self._stopping = False
        self._ending = False
        self._loops: list[asyncio.Task[None]] = []

    async def put(self, new: Sequence[NewJob]) -> None:
        await self._commit.put(new)

    async def retry(self, job_id: int, deed: Deed | None = None) -> bool:
        async with self._database.write(first=True) as connection:
            taken_up = await jobs.retry(connection, self._database, job_id)
            if taken_up and deed is not None:
                await kept_audit.keep(connection, deed)
        self._store.wake()
        return taken_up

    async def amend(self, job_id: int, payload: bytes, deed: Deed | None = None) -> bool:
        run = self._running.get(job_id)
        if run is None:
            return False
        async with self._database.write(first=True) as connection:
            kept = await jobs.amend(connection, job_id, run.claim.fence, payload)
            if kept and deed is not None:
                await kept_audit.keep(connection, deed)
        return kept

    def also(self, handlers: Mapping[JobKind, Handler]) -> None:
        """Before `start`: for those who were built when the queue was there to put jobs into."""
        self._handlers.update(handlers)

    async def start(self) -> None:
        self._store.wakers.append(self._news.set)
        self._loops = [
            asyncio.create_task(self._dispatch(), name="queue-dispatch"),
            asyncio.create_task(self._keep_leases(), name="queue-leases"),
        ]

    def healthy(self) -> str:
        """Empty, or why no jobs are run."""
        if not self._loops or self._stopping:
            return "the workers are not running"
        return "the workers have died" if any(loop.done() for loop in self._loops) else ""

    async def stop(self, grace: float) -> None:
        """Claim no more, let what runs end within `grace` seconds, and give the rest back for others to take over."""
        if not self._loops or self._stopping:
            return
        self._stopping = True
        self._store.wakers.remove(self._news.set)
        running = [run.task for run in self._running.values()]
        if running:
            await asyncio.wait(running, timeout=grace)
        # Not cancelled in the middle of a turn: nobody would know whether its answers are written down.
        self._ending = True
        self._news.set()
        await asyncio.wait(self._loops[:1], timeout=self._options.store_timeout)
        left = [run.task for run in self._running.values()]
        for task in (*left, *self._loops):
            task.cancel()
        await asyncio.gather(*left, *self._loops, return_exceptions=True)
        try:
            async with asyncio.timeout(self._options.store_timeout):
                await self._turn(claim=False)
                async with self._database.write(first=True) as connection:
                    await deaths.release(connection, self._owner)
        except (StoreError, TimeoutError) as error:
            log.warning("leases not given back; they run out by themselves", error=str(error))

    async def _dispatch(self) -> None:
        troubled = False
        while not self._ending:
            self._news.clear()
            try:
                async with asyncio.timeout(self._options.store_timeout):
                    await self._turn(claim=not self._stopping)
                troubled = False
                await self._until_news()
            except (StoreError, TimeoutError) as error:
                if not troubled:
                    log.error("jobs wait until the store answers again", error=str(error))
                troubled = True
                await self._sleep(self._options.poll)

    async def _turn(self, *, claim: bool) -> None:
        """One short transaction: write down what has ended, and claim what there is room for."""
        answers = tuple(self._answers)
        terms = self._terms()
        claimed = leases.Claimed()
        late: tuple[Answer, ...] = ()
        if not answers and not (claim and terms.room):
            return
        async with self._database.write(first=True) as connection:
            if answers:
                late = await leases.answer(connection, self._database, answers)
            if claim and terms.room:
                claimed = await leases.claim(connection, self._database, terms)
            left = [one.claim.job for one in answers if one.state is JobState.GAVE_UP and one not in late]
            follows = [new for job in (*left, *claimed.given_up) for new in aftermath(job)]
            await jobs.put(connection, self._database, follows)
        del self._answers[: len(answers)]
        for answer in late:
            self._lost(answer.claim.job)
        for job in claimed.given_up:
            log.error("job gave up: its process ended every time", job=job.id, kind=job.kind, key=job.key)
            JOB_OUTCOMES.labels(job.kind, "gave_up").inc()
        for new in claimed.claims:
            task = asyncio.create_task(self._run(new), name=f"job-{new.job.kind}-{new.job.id}")
            self._running[new.job.id] = _Run(new, task)

    def _terms(self) -> Terms:
        taken = Counter(run.claim.job.kind for run in self._running.values())
        allowed = self._options.busy_places if self._commit.busy else self._options.places
        places = {kind: allowed[kind] - taken[kind] for kind in self._handlers}
        return Terms(
            owner=self._owner,
            room={kind: room for kind, room in places.items() if room > 0},
            attempts=self._options.attempts,
            deaths=self._options.deaths,
            lease=self._options.lease,
            busy=self._busy(),
        )

    def _busy(self) -> frozenset[int]:
        return frozenset((*self._running, *(answer.claim.job.id for answer in self._answers)))

    async def _until_news(self) -> None:
        """Until this process put or ended something, a waiting job falls due, or a poll finds something to claim."""
        while not self._news.is_set():
            async with asyncio.timeout(self._options.store_timeout), self._database.read() as connection:
                outlook = await leases.look_ahead(connection, self._database, self._terms())
            if outlook.due and not self._stopping:
                return
            wait = self._options.poll if outlook.next_in is None else min(outlook.next_in, self._options.poll)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def _keep_leases(self) -> None:
        while True:
            await self._sleep(self._options.heartbeat)
            claims = [run.claim for run in self._running.values()]
            claims += [answer.claim for answer in self._answers]
            if not claims:
                continue
            try:
                async with (
                    asyncio.timeout(self._options.store_timeout),
                    self._database.write(first=True) as connection,
                ):
                    kept = await leases.renew(connection, self._database, claims, self._options.lease)
            except (StoreError, TimeoutError) as error:
                log.warning("leases not renewed", error=str(error))
                continue
            self._drop(claim for claim in claims if claim.job.id not in kept)

    def _drop(self, claims: Iterable[Claim]) -> None:
        """Somebody else runs these now: to go on here could only do things twice."""
        for claim in claims:
            run = self._running.get(claim.job.id)
            if run is not None and run.claim is claim:
                del self._running[claim.job.id]
                run.task.cancel()
                self._lost(claim.job)

    def _lost(self, job: Job) -> None:
        log.warning(
            "job was taken over by another replica; its result here is dropped", job=job.id, kind=job.kind
        )
        JOB_OUTCOMES.labels(job.kind, "lost").inc()

    async def _run(self, claim: Claim) -> None:
        job = claim.job
        with bound_contextvars(job=job.id, kind=job.kind.value, incident=job.incident_id):
            outcome, label = await self._attempt(job)
        answer = self._answer(claim, outcome)
        if answer.state is JobState.GAVE_UP:
            log.error(
                "job gave up", job=job.id, kind=job.kind, incident=job.incident_id, reason=answer.reason
            )
            label = "gave_up"
        JOB_OUTCOMES.labels(job.kind, label).inc()
        del self._running[job.id]
        self._answers.append(answer)
        self._news.set()

    async def _attempt(self, job: Job) -> tuple[Outcome, str]:
        try:
            outcome = await self._handlers[job.kind](job)
            return outcome, _LABELS[type(outcome)]
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return Again(self._backoff(job), "the handler was cancelled from within"), "failed"
        except Exception as error:  # noqa: BLE001 the error boundary of a job: it becomes a value and a metric
            log.exception("job failed", attempt=job.attempts)
            return Again(self._backoff(job), f"{type(error).__name__}: {error}"), "failed"

    def _backoff(self, job: Job) -> float:
        return min(self._options.backoff * 2.0 ** (job.attempts - 1), self._options.longest_backoff)

    def _answer(self, claim: Claim, outcome: Outcome) -> Answer:
        match outcome:
            case Done():
                return Answer(claim, JobState.DONE)
            case GiveUp(reason):
                return Answer(claim, JobState.GAVE_UP, reason=reason)
            case Again(after, reason, counts):
                if counts and claim.job.attempts >= self._options.attempts[claim.job.kind]:
                    return Answer(claim, JobState.GAVE_UP, reason=reason)
                return Answer(claim, JobState.READY, after, reason, refund=not counts)
