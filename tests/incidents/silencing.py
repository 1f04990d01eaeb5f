"""A bench for silences: a store with one incident, an Alertmanager, and a clock that tests set."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.clients.redaction import redact
from bot.incidents.audit import Audit, Person, Via
from bot.incidents.schema import job
from bot.incidents.silence_watch import SilenceWatch
from bot.incidents.silences import Problem
from bot.incidents.silencing import Order, Silenced, SilenceOptions, Silencer
from bot.incidents.store import Store
from bot.incidents.work import Job, JobKind, Outcome
from bot.matchers import parse_matchers
from bot.silence import Draft, Silence, SilenceState
from tests.fakes.alertmanager import FakeAlertmanager
from tests.incidents.conftest import START, an_incident
from tests.incidents.groups import firing

ADA = Person(Via.SLACK, "U1", "ada")
BOB = Person(Via.CONSOLE, "bob")
MATCHERS = parse_matchers('namespace="shop",pod="a"')
ASKED, ACTIVE, ENDED, FAILED = SilenceState


@dataclass
class Bench:
    store: Store
    alertmanager: FakeAlertmanager = field(default_factory=FakeAlertmanager)
    now: datetime = START

    def __post_init__(self) -> None:
        clock = lambda: self.now  # noqa: E731 - the bench's own clock
        self.audit = audit = Audit(self.store, redact, clock)
        known = {"prod": self.alertmanager}
        self.silencer = Silencer(
            self.store, known, audit, SilenceOptions(public_url="https://ops.example"), clock
        )
        self.watch = SilenceWatch(self.store, known, audit)

    async def silence(self, key: str = "form-1", hours: float = 2, **changes: object) -> Silenced | Problem:
        order = Order("i1", MATCHERS, START + timedelta(hours=hours), "deploy", ADA, key, "C1")
        return await self.silencer.silence(replace(order, **changes))  # type: ignore[arg-type]  # the tests name the fields

    async def look(self, silence: Silence, minutes: float) -> Outcome:
        self.now = START + timedelta(minutes=minutes)
        return await self.watch.look(
            Job(1, JobKind.SILENCE, "i1", silence.id.encode(), 1, self.now, silence.incident_id)
        )

    async def kept(self) -> tuple[Silence, ...]:
        incident = await self.store.get("i1")
        assert incident is not None
        return incident.silences

    async def one(self) -> Silence:
        (silence,) = await self.kept()
        return silence

    async def waits(self) -> dict[str, float]:
        """Seconds from its being put to its turn, by job."""
        async with self.store.database.read() as connection:
            rows = await connection.execute(select(job.c.dedup, job.c.run_at - job.c.created_at))
            return {dedup.split(":")[0]: round(wait / 1_000_000) for dedup, wait in rows}

    async def story(self) -> list[str]:
        return [entry.reason for entry in await self.store.timeline("i1")]

    async def told(self) -> list[tuple[str, str, str]]:
        return [(str(deed.person), deed.action, deed.result) for deed in reversed(await self.store.deeds())]


async def with_incident(store: Store) -> Bench:
    incident = replace(
        an_incident(), alerts=(firing("a"),), external_url="http://am.example/", channel="#alerts"
    )
    async with store.begin() as transaction:
        await transaction.save(incident)
    return Bench(store)


async def clear(bench: Bench) -> None:
    async with bench.store.database.write() as connection:
        await connection.execute(job.delete())


async def arrived(bench: Bench, silence: Silence) -> None:
    """The order comes to Alertmanager, late."""
    await bench.alertmanager.create(
        Draft(silence.matchers, silence.created_at, silence.ends_at, silence.by, silence.comment)
    )
