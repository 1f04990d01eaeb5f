"""What moves megabytes in a SQLite file leaves the event loop free; what is small is not sent through a thread."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as listeners

from bot.incidents import jobs, leases
from bot.incidents.sqlite import SqliteDatabase
from bot.incidents.store import Store
from bot.incidents.work import JobKind
from tests.incidents.conftest import an_incident
from tests.incidents.groups import firing
from tests.incidents.working import Recorder, event, until_state, working

BIG = 3_000_000


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, bool]]]:
    """The beginning of each statement of the writer, and whether it ran on the event loop."""
    assert isinstance(store.database, SqliteDatabase)
    seen: list[tuple[str, bool]] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append((" ".join(statement.split()[:3]), threading.current_thread() is threading.main_thread()))

    listeners.listen(store.database._writer, "before_cursor_execute", note)
    yield seen


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/opsbot.db", replica="one")
    await store.open()
    yield store
    await store.close()


@pytest.mark.parametrize(("size", "on_the_loop"), [(BIG, False), (1000, True)])
async def test_a_job_with_a_big_payload(store: Store, size: int, on_the_loop: bool) -> None:
    payload = bytes(range(256)) * (size // 256)
    seen = Recorder()
    with statements(store) as ran:
        async with working(store, seen) as queue:
            await queue.put([event(payload=payload)])
            await until_state(store, done=1)
    assert seen.jobs[0].payload == payload
    moved = [where for what, where in ran if what in {"INSERT INTO job", "UPDATE job SET"}]
    assert moved[:3] == [on_the_loop] * 3, "put, claimed, done"


async def test_an_incident_of_many_alerts(store: Store) -> None:
    told = {"summary": "x" * 20_000}
    alerts = tuple(replace(firing(f"a{number}"), annotations=told) for number in range(200))
    big = replace(an_incident(), alerts=alerts)
    with statements(store) as ran:
        async with store.begin() as tx:
            await tx.save(big)
        async with store.begin() as tx:
            assert await tx.load("i1", big=True) == big
    written_and_read = {"INSERT INTO incident", "SELECT incident.body, diagnosis.body"}
    assert [where for what, where in ran if what in written_and_read] == [False] * 2
    assert await store.get("i1") == big


async def test_a_heartbeat_of_a_big_job(store: Store) -> None:
    terms = leases.Terms("me", {JobKind.EVENT: 1}, {JobKind.EVENT: 5}, {JobKind.EVENT: 5}, 60.0)
    async with store.database.write() as connection:
        await jobs.put(connection, store.database, [event(payload=b"x" * BIG)])
        (claim,) = (await leases.claim(connection, store.database, terms)).claims
    with statements(store) as ran:
        async with store.database.write() as connection:
            assert await leases.renew(connection, store.database, [claim], 60.0) == {claim.job.id}
    assert ("UPDATE job SET", False) in ran
