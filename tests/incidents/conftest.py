"""Both kinds of store, empty, one after the other."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.incidents.store import Store
from bot.model import Incident, IncidentState
from tests.conftest import MIGRATED
from tests.programs.postgres import Postgres

BOTH = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.programs, pytest.mark.timeout(60)]),
]


START = datetime(2026, 1, 1, 3, 12, 0, 123456, tzinfo=UTC)


def an_incident(incident_id: str = "i1", *, minute: int = 0, group_key: str = "{}:{}") -> Incident:
    at = START + timedelta(minutes=minute)
    return Incident(
        id=incident_id,
        cluster="prod",
        receiver="opsbot",
        group_key=group_key,
        state=IncidentState.FIRING,
        opened_at=at,
        heard_at=at,
        closed_at=None,
        alerts=(),
        group_labels={"alertname": "KubePodCrashLooping"},
        common_annotations={},
        external_url="",
    )


@dataclass(slots=True)
class Place:
    """Where a store is. PostgreSQL is shared by replicas, a SQLite file is one process's alone."""

    url: str
    shared: bool
    stores: list[Store] = field(default_factory=list)

    async def open(self, replica: str = "one") -> Store:
        store = Store(self.url, replica=replica)
        await store.open()
        self.stores.append(store)
        return store

    async def reopen(self) -> Store:
        """As after a restart."""
        for store in self.stores:
            await store.close()
        return await self.open("restarted")

    async def beside(self, store: Store) -> Store:
        """The store as another replica sees it; on SQLite the workers of one process are all there can be."""
        return await self.open("two") if self.shared else store


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/opsbot.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh(MIGRATED) as fresh:
        yield fresh


@pytest.fixture
async def place(url: str) -> AsyncIterator[Place]:
    place = Place(url, shared=url.startswith("postgresql"))
    yield place
    for store in place.stores:
        await store.close()


@pytest.fixture
async def store(place: Place) -> Store:
    return await place.open()
