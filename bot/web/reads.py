"""What the console asks of the rest of the house, as protocols: the store's reads, and what a person may order.

The console writes nothing itself. `StoreError` is the only failure that it expects of these.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.delivery.digest import Storm
from bot.delivery.ledger import ChannelRow, PartRow
from bot.incidents.again import Asking
from bot.incidents.audit import Asked, Deed, Person
from bot.incidents.silences import Preview, Problem
from bot.incidents.silencing import Order, Silenced
from bot.incidents.store import Entry, GivenUp
from bot.matchers import Matcher
from bot.model import Incident, IncidentState
from bot.silence import Silence


class Reads(Protocol):
    """As `bot.incidents.store.Store` answers."""

    async def incidents(
        self, *, state: IncidentState | None = None, limit: int = 50, before: str | None = None
    ) -> tuple[Incident, ...]: ...

    async def with_causes(self, listed: Sequence[Incident]) -> tuple[Incident, ...]: ...

    async def get(self, incident_id: str) -> Incident | None: ...

    async def timeline(self, incident_id: str) -> tuple[Entry, ...]: ...

    async def bundle(self, incident_id: str) -> bytes | None: ...

    async def counts(self) -> dict[IncidentState, int]: ...

    async def gave_up(self, limit: int = 50) -> tuple[GivenUp, ...]: ...

    async def channels_in_trouble(self) -> tuple[ChannelRow, ...]: ...

    async def storms(self) -> tuple[Storm, ...]: ...

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]: ...

    async def deeds(self, asked: Asked | None = None) -> tuple[Deed, ...]: ...


class Silences(Protocol):
    """As `bot.incidents.silencing.Silencer` answers."""

    def reaches(self, incident: Incident) -> bool: ...

    def end(self, said: str) -> datetime | Problem: ...

    async def propose(
        self, incident: Incident, matchers: tuple[Matcher, ...] | None = None
    ) -> Preview | Problem: ...

    async def silence(self, order: Order) -> Silenced | Problem: ...

    async def expire(self, silence_id: str, who: Person) -> Silence | Problem: ...


class Orders(Protocol):
    """As `bot.incidents.orders.Orders` answers."""

    @property
    def silences(self) -> Silences: ...

    async def retry(self, job_id: int, who: Person) -> bool: ...

    async def recheck(self, incident_id: str, who: Person) -> Asking | None: ...
