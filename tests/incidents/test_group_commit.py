"""Many who put at once share a commit; and a store that cannot keep is said in time."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.incidents.database import Connection
from bot.incidents.group_commit import Limits
from bot.incidents.queue import Queue, QueueOptions
from bot.incidents.store import Store
from bot.incidents.work import CannotKeepError, JobState
from tests.incidents.conftest import Place
from tests.incidents.working import event, rename, states
from tests.programs.postgres import running_postgres


def impatient(**limits: float) -> QueueOptions:
    return QueueOptions(limits=replace(Limits(patience=0.2), **limits))  # type: ignore[arg-type]  # all are numbers


@asynccontextmanager
async def busy(place: Place, store: Store) -> AsyncIterator[None]:
    """Somebody else holds what a put needs."""
    other = await place.beside(store)
    async with other.database.write() as connection:
        if place.shared:
            await connection.execute(text("LOCK TABLE job"))
        yield


async def test_those_who_wait_together_share_a_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = 0
    write = store.database.write

    def counted(*, first: bool = False) -> AbstractAsyncContextManager[Connection]:
        nonlocal commits
        commits += 1
        return write(first=first)

    monkeypatch.setattr(store.database, "write", counted)
    queue = Queue(store, {})
    await asyncio.gather(*(queue.put([event(f"e{number}")]) for number in range(200)))
    assert await states(store) == {JobState.READY: 200}
    assert commits < 5


async def test_a_caller_that_gives_up_leaves_the_others_alone(place: Place) -> None:
    store = await place.open()
    queue = Queue(store, {})
    async with busy(place, store):
        puts = [asyncio.create_task(queue.put([event(f"e{number}")])) for number in range(3)]
        await asyncio.sleep(0.05)
        puts[0].cancel()
        puts[1].cancel()
        await asyncio.sleep(0)
    await puts[2]
    assert puts[0].cancelled()
    # On PostgreSQL the batch is made up at once, and waits for the table with them in it.
    assert await states(store) == {JobState.READY: 3 if place.shared else 1}


async def test_a_store_that_does_not_answer_is_said_in_time_and_recovers(place: Place) -> None:
    store = await place.open()
    queue = Queue(store, {}, options=impatient())
    async with busy(place, store):
        async with asyncio.timeout(1.5):
            results = await asyncio.gather(
                *(queue.put([event(f"e{number}")]) for number in range(3)), return_exceptions=True
            )
    assert [str(result) for result in results] == ["the store did not answer within 0.2 s"] * 3
    assert all(isinstance(result, CannotKeepError) for result in results)
    await queue.put([event("after")])
    assert (await states(store))[JobState.READY] >= 1


@pytest.mark.parametrize("limits", [{"waiting": 2}, {"waiting_bytes": 8}])
async def test_a_backlog_is_bounded(place: Place, limits: dict[str, float]) -> None:
    store = await place.open()
    queue = Queue(store, {}, options=impatient(patience=5, **limits))
    async with busy(place, store):
        waiting = [asyncio.create_task(queue.put([event(f"e{number}")])) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(CannotKeepError, match="too much is waiting"):
            await queue.put([event("more")])
    await asyncio.gather(*waiting)
    await queue.put([event("more")])
    assert await states(store) == {JobState.READY: 3}


async def test_a_batch_that_cannot_be_written_is_told_to_all_of_it(store: Store) -> None:
    queue = Queue(store, {})
    await rename(store, "job", "elsewhere")
    results = await asyncio.gather(
        *(queue.put([event(f"e{number}")]) for number in range(3)), return_exceptions=True
    )
    assert all(isinstance(result, CannotKeepError) for result in results)
    await rename(store, "elsewhere", "job")
    await queue.put([event()])
    assert await states(store) == {JobState.READY: 1}


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_a_server_that_dies_is_said_in_time() -> None:
    with running_postgres() as server:
        store = Store(server.url(), replica="one")
        await store.open()
        queue = Queue(store, {})
        await queue.put([event()])
        server.process.send_signal(signal.SIGQUIT)
        await asyncio.to_thread(server.process.wait)
        with pytest.raises(CannotKeepError) as said:
            await queue.put([event("lost")])
        assert "\n" not in str(said.value)
        assert await store.healthy() != ""
        await store.close()


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_connections_that_the_server_ended_are_made_anew(store: Store) -> None:
    queue = Queue(store, {})
    await queue.put([event("before")])
    async with store.database.read() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await queue.put([event("after")])
    assert await states(store) == {JobState.READY: 2}
