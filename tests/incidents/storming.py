"""Storms in a test: the gathering before a real outbox, over a real store, and a Slack without a network or a pace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import delete, select

from bot.delivery.channels import PaceOptions
from bot.delivery.digest import Gathered, Line, Storm
from bot.delivery.digest_view import Digests
from bot.delivery.message import Part
from bot.delivery.outbox import Outbox, OutboxOptions
from bot.delivery.results import Delivered, Later, Refused
from bot.incidents import kept_storms
from bot.incidents.gathering import Gathering, Wording
from bot.incidents.schema import SECOND, job
from bot.incidents.store import Store
from bot.incidents.storm_book import StormBook
from bot.incidents.storms import StormOptions
from bot.incidents.work import Again, Done, Job, JobKind
from bot.model import Alert, AlertStatus, Diagnosis, Incident, IncidentState
from tests.delivery.builders import diagnosed
from tests.delivery.conftest import layouts_in, without_pictures
from tests.delivery.test_outbox_crashes import SteppedSlack, Steps
from tests.fakes.slack_replies import Reply, no
from tests.fakes.slack_workspace import Kept, Workspace
from tests.incidents.conftest import an_incident
from tests.incidents.groups import NOON

OPTIONS = StormOptions(bound=2)
NEVER = 10**9


class Picky(Workspace):
    """Refuses what says one of these, whatever the channel."""

    def __init__(self) -> None:
        super().__init__()
        self.unwanted: dict[str, str] = {}

    def call(self, method: str, arguments: dict[str, Any]) -> Reply:
        text = str(arguments.get("text", "")).splitlines()[:1]
        error = next((error for words, error in self.unwanted.items() if words in "".join(text)), "")
        return no(error) if error else super().call(method, arguments)


@dataclass(frozen=True, slots=True)
class Mute:
    """Cannot word a digest, or the line of one incident: a defect."""

    name: str = ""

    def line(self, incident: Incident, channel_id: str) -> Line:
        if incident.id == self.name:
            raise LookupError(incident.id)
        return _DIGESTS.line(incident, channel_id)

    def parts(self, storm: Storm, members: Sequence[Gathered]) -> Sequence[Part]:
        if not self.name:
            raise LookupError(storm.id)
        return _DIGESTS.parts(storm, members)


_DIGESTS = Digests(layouts_in("en"))


@dataclass(slots=True)
class Sky:
    """What the weather is like in one channel; `minutes` is the time."""

    store: Store
    options: StormOptions = OPTIONS
    slack: Picky = field(default_factory=Picky)
    seconds: float = 0.0
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def new_id(self) -> str:
        return str(self.numbers())

    @property
    def book(self) -> StormBook:
        return StormBook(self.store, self.options, self.now, self.new_id)

    def gathering(
        self, steps: Steps | None = None, store: Store | None = None, wording: Wording | None = None
    ) -> Gathering:
        layouts = layouts_in("en")
        outbox = Outbox(
            store or self.store,
            SteppedSlack(self.slack, steps or Steps(NEVER)),
            layouts.parts,
            without_pictures,
            clock=self.now,
            sleep=self.sleep,
            ids=self.new_id,
            options=OutboxOptions(pace=PaceOptions(interval=0.0)),
        )
        book = StormBook(store or self.store, self.options, self.now, self.new_id)
        digests = wording or Digests(layouts, public_url="https://ops.example")
        return Gathering(store or self.store, book, outbox, digests, self.options, self.now)

    async def hears(self, name: str, severity: str = "warning", *, over: bool = False) -> Incident:
        """As the flow keeps it when an alert is merged; the second time it is the news of one that is known."""
        known = await self.store.get(name)
        incident = known or replace(an_incident(name), opened_at=self.now(), channel="#alerts")
        alert = Alert(
            AlertStatus.RESOLVED if over else AlertStatus.FIRING,
            {"alertname": f"Crash-{name}", "namespace": "shop", "severity": severity},
            {},
            self.now(),
            self.now() if over else None,
            "",
            name,
        )
        state = IncidentState.RESOLVED if over else IncidentState.FIRING
        incident = replace(incident, alerts=(alert,), state=state, closed_at=self.now() if over else None)
        async with self.store.begin() as transaction:
            await transaction.save(incident)
            if known is None:
                await transaction.expect(incident, self.now())
        return incident

    async def finds(self, name: str, *diagnoses: Diagnosis) -> None:
        incident = await self.store.get(name)
        assert incident is not None
        async with self.store.begin() as transaction:
            await transaction.load(name)
            found = diagnosed(incident, *diagnoses)
            await transaction.save(found)
            await transaction.correlate(found)

    async def delivers(self, name: str) -> Delivered | Later | Refused:
        incident = await self.store.get(name)
        assert incident is not None
        return await self.gathering().deliver(incident)

    async def storm_id(self) -> str:
        async with self.store.database.read() as connection:
            (storm,) = await kept_storms.on(connection)
        return storm.id

    async def round(
        self,
        storm_id: str,
        payload: bytes = b"",
        *,
        attempt: int = 1,
        steps: Steps | None = None,
        wording: Wording | None = None,
    ) -> Done | Again:
        job = Job(1, JobKind.STORM, storm_id, payload, attempt, self.now())
        outcome = await self.gathering(steps, wording=wording).tell(job)
        assert isinstance(outcome, Done | Again)
        return outcome

    async def breaks_out(self, *names: str, severity: str = "warning") -> str:
        """All of them at once, more than the bound; their storm has had no round yet."""
        for name in names:
            await self.hears(name, severity)
        for name in names:
            assert await self.delivers(name) == Delivered()
        return await self.storm_id()

    async def jobs(self) -> list[tuple[str, float]]:
        """Those that wait, with the seconds between the first of them and each."""
        query = select(job.c.dedup, job.c.run_at).where(job.c.state == "ready").order_by(job.c.run_at)
        async with self.store.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [(row.dedup, round((row.run_at - rows[0].run_at) / SECOND, 1)) for row in rows]

    async def pause(self, storm_id: str) -> float:
        """Seconds until its next round."""
        query = select(job.c.run_at - job.c.created_at).where(job.c.dedup == f"storm:{storm_id}")
        async with self.store.database.read() as connection:
            waits: int = (await connection.execute(query.where(job.c.state == "ready"))).scalar_one()
        return round(waits / SECOND, 1)

    async def forget_jobs(self) -> None:
        async with self.store.database.write() as connection:
            await connection.execute(delete(job))

    @property
    def digests(self) -> list[Kept]:
        return [top for top in self.slack.tops() if "storm:" in top.text.splitlines()[0]]

    @property
    def told(self) -> list[str]:
        """The incidents that have a message of their own, in the order of these."""
        tops = [top for top in self.slack.tops() if top not in self.digests]
        return [top.text.split("Crash-")[1].split()[0] for top in tops]
