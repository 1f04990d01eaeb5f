"""Fixtures that more than one layer needs."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.incidents.store import Store
from tests.programs.postgres import Postgres, running_postgres

MIGRATED = "migrated"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole session, with a template database that has the schema."""
    with running_postgres() as server:
        asyncio.run(_migrate(server.create(MIGRATED)))
        yield server


async def _migrate(url: str) -> None:
    store = Store(url, replica="template")
    await store.open()
    await store.close()
