"""A store that is a dictionary, for whoever only reads; and work that remembers what was taken up again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.delivery.digest import Storm
from bot.delivery.ledger import ChannelRow, PartRow
from bot.hands import Asked as LookAsked
from bot.incidents.again import Asking
from bot.incidents.audit import Asked, Deed, Person
from bot.incidents.store import Entry, GivenUp, StoreError
from bot.model import Incident, IncidentState
from bot.web.reads import Silences
from tests.fakes.silences import NoSilences


@dataclass(slots=True)
class FakeReads:
    """`broken` is what every read fails with."""

    found: dict[str, Incident] = field(default_factory=dict)
    entries: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    kept: dict[str, tuple[PartRow, ...]] = field(default_factory=dict)
    bundles: dict[str, bytes] = field(default_factory=dict)
    given_up: tuple[GivenUp, ...] = ()
    trouble: tuple[ChannelRow, ...] = ()
    stormy: tuple[Storm, ...] = ()
    broken: str = ""
    retried: list[int] = field(default_factory=list)
    rechecked: list[str] = field(default_factory=list)
    done: tuple[Deed, ...] = ()
    people: list[Person] = field(default_factory=list)
    silences: Silences = field(default_factory=NoSilences)

    def keep(self, *incidents: Incident) -> None:
        self.found.update({incident.id: incident for incident in incidents})

    async def incidents(
        self, *, state: IncidentState | None = None, limit: int = 50, before: str | None = None
    ) -> tuple[Incident, ...]:
        """Without diagnoses and re-checks, as the store gives them."""
        self._check()
        newest = sorted(self.found.values(), key=lambda one: (one.opened_at, one.id), reverse=True)
        if before is not None:
            edge = self.found.get(before)
            newest = [one for one in newest if edge and (one.opened_at, one.id) < (edge.opened_at, edge.id)]
        asked = (one for one in newest if state in {None, one.state})
        return tuple(replace(one, diagnoses=(), rechecks=()) for one in asked)[:limit]

    async def with_causes(self, listed: Sequence[Incident]) -> tuple[Incident, ...]:
        self._check()
        return tuple(self.found.get(one.id, one) for one in listed)

    async def get(self, incident_id: str) -> Incident | None:
        self._check()
        return self.found.get(incident_id)

    async def timeline(self, incident_id: str) -> tuple[Entry, ...]:
        self._check()
        return self.entries.get(incident_id, ())

    async def bundle(self, incident_id: str) -> bytes | None:
        self._check()
        return self.bundles.get(incident_id)

    async def counts(self) -> dict[IncidentState, int]:
        self._check()
        states = [one.state for one in self.found.values()]
        return {state: states.count(state) for state in IncidentState}

    async def gave_up(self, limit: int = 50) -> tuple[GivenUp, ...]:
        self._check()
        return self.given_up[:limit]

    async def channels_in_trouble(self) -> tuple[ChannelRow, ...]:
        self._check()
        return self.trouble

    async def storms(self) -> tuple[Storm, ...]:
        self._check()
        return self.stormy

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]:
        self._check()
        return self.kept.get(incident_id, ())

    async def deeds(self, asked: Asked | None = None) -> tuple[Deed, ...]:
        self._check()
        asked = asked or Asked()
        newest = sorted(self.done, key=lambda deed: -deed.id)
        found = (
            deed
            for deed in newest
            if (not asked.incident_id or deed.incident_id == asked.incident_id)
            and (not asked.user or asked.user in {deed.person.id, deed.person.name})
            and (asked.since is None or deed.at >= asked.since)
            and (not asked.before or deed.id < asked.before)
        )
        return tuple(found)[: asked.limit]

    async def retry(self, job_id: int, who: Person) -> bool:
        self._check()
        self.people.append(who)
        self.retried.append(job_id)
        return job_id in {job.id for job in self.given_up}

    async def recheck(self, incident_id: str, who: Person) -> Asking | None:
        self._check()
        self.people.append(who)
        self.rechecked.append(incident_id)
        incident = self.found[incident_id]
        return Asking(LookAsked(str(who), incident.heard_at)) if incident.diagnoses else None

    def _check(self) -> None:
        if self.broken:
            raise StoreError(self.broken)
