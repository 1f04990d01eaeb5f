"""The store, on SQLite and PostgreSQL alike."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.incidents.store import Entry, Store, StoreError
from bot.incidents.work import JobKind, NewJob
from bot.model import Cause, Diagnosis, Finding, IncidentState, Target, Verdict
from tests.incidents.conftest import START, Place, an_incident

_DIAGNOSIS = Diagnosis(
    target=Target("prod", "shop", "Deployment", "board"),
    runbooks=("triage",),
    findings=(Finding("triage", Cause("oom").id, Verdict.CONFIRMED, facts={"limit": 1 << 29, "ratio": 1.0}),),
    at=START,
)


async def test_an_incident_survives_a_restart(place: Place) -> None:
    store = await place.open()
    kept = replace(an_incident(), diagnoses=(_DIAGNOSIS,))
    async with store.begin() as tx:
        await tx.save(kept)
    store = await place.reopen()
    found = await store.get(kept.id)
    assert found == kept
    assert found.opened_at.utcoffset() == timedelta(0)
    assert await store.get("unknown") is None


async def test_a_list_is_given_its_causes(store: Store) -> None:
    diagnosed, bare, gone = (
        replace(an_incident("diagnosed", group_key="a"), diagnoses=(_DIAGNOSIS,)),
        an_incident("bare", group_key="b"),
        an_incident("gone", group_key="c"),
    )
    async with store.begin() as tx:
        await tx.save(diagnosed)
        await tx.save(bare)
    listed = await store.incidents()
    assert {one.diagnoses for one in listed} == {()}
    found = {one.id: one for one in await store.with_causes((*listed, gone))}
    assert found == {"diagnosed": diagnosed, "bare": bare, "gone": gone}
    assert await store.with_causes(()) == ()


async def test_the_newest_incident_of_a_group_is_found(store: Store) -> None:
    group = "prod", "opsbot", '{}/{a="b"}:{c="é"}'
    async with store.begin() as tx:
        assert await tx.incident(*group) is None
        await tx.save(an_incident("old", group_key=group[2]))
        await tx.save(an_incident("new", minute=5, group_key=group[2]))
        await tx.save(an_incident("other", minute=9, group_key="another"))
    async with store.begin() as tx:
        found = await tx.incident(*group)
    assert found is not None
    assert found.id == "new"


async def test_saving_again_changes_what_is_there(store: Store) -> None:
    first = replace(an_incident(), diagnoses=(_DIAGNOSIS,))
    async with store.begin() as tx:
        await tx.save(first)
    async with store.begin() as tx:
        loaded = await tx.load(first.id)
        assert loaded == first
        await tx.save(
            replace(loaded, state=IncidentState.RESOLVED, closed_at=START + timedelta(hours=1), revision=2)
        )
    changed = await store.get(first.id)
    assert changed is not None
    assert (changed.state, changed.revision, changed.diagnoses) == (IncidentState.RESOLVED, 2, (_DIAGNOSIS,))
    async with store.begin() as tx:
        await tx.save(replace(changed, diagnoses=()))
    cleared = await store.get(first.id)
    assert cleared is not None
    assert cleared.diagnoses == ()


async def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.begin() as tx:
            await tx.save(an_incident())
            await tx.put([NewJob(JobKind.DELIVER, "i1", "deliver:i1")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await store.get("i1") is None
    assert await store.jobs_by_state() == ()


async def test_a_transaction_that_is_cancelled_lets_go_and_leaves_nothing(place: Place) -> None:
    store = await place.open()
    begun = asyncio.Event()

    async def dawdle() -> None:
        async with store.begin() as tx:
            await tx.save(an_incident())
            begun.set()
            await asyncio.Event().wait()

    dawdler = asyncio.create_task(dawdle())
    await begun.wait()
    dawdler.cancel()
    await asyncio.gather(dawdler, return_exceptions=True)
    async with asyncio.timeout(1), store.begin() as tx:
        assert await tx.load(an_incident().id) is None


async def test_two_transactions_on_one_group_take_turns(place: Place) -> None:
    store = await place.open()
    other = await place.beside(store)

    async def reopen(which: Store) -> None:
        async with which.begin() as tx:
            found = await tx.incident("prod", "opsbot", "{}:{}")
            await asyncio.sleep(0.01)
            await tx.save(replace(found or an_incident(), reopened=found.reopened + 1 if found else 0))

    await asyncio.gather(*(reopen(which) for which in (store, other, store, other)))
    kept = await store.incidents()
    assert [incident.reopened for incident in kept] == [3]


async def test_the_list_pages_newest_first_and_without_diagnoses(store: Store) -> None:
    async with store.begin() as tx:
        for number in range(5):
            # Two share a time, as the incidents of one webhook do.
            await tx.save(replace(an_incident(f"i{number}", minute=number // 2), diagnoses=(_DIAGNOSIS,)))
        await tx.save(replace(an_incident("closed", minute=9), state=IncidentState.RESOLVED))
    assert [i.id for i in await store.incidents(limit=3)] == ["closed", "i4", "i3"]
    assert [i.id for i in await store.incidents(limit=3, before="i3")] == ["i2", "i1", "i0"]
    firing = await store.incidents(state=IncidentState.FIRING)
    assert [i.id for i in firing] == ["i4", "i3", "i2", "i1", "i0"]
    assert all(i.diagnoses == () for i in firing)
    assert await store.counts() == {
        IncidentState.FIRING: 5,
        IncidentState.RESOLVED: 1,
        IncidentState.STALE: 0,
    }


async def test_incidents_are_found_by_the_beginning_of_their_id(store: Store) -> None:
    async with store.begin() as tx:
        for name, minute in (("ab1", 1), ("ab2", 2), ("abc", 3), ("b", 4), ("a%", 5)):
            await tx.save(an_incident(name, minute=minute, group_key=name))
        await tx.save(replace(an_incident("ab9", minute=9, group_key="9"), state=IncidentState.RESOLVED))
    assert await store.beginning("ab") == ("abc", "ab2", "ab1", "ab9")
    assert await store.beginning("ab", limit=2) == ("abc", "ab2")
    assert await store.beginning("ab2") == ("ab2",)
    assert (await store.beginning("a%"), await store.beginning("x")) == (("a%",), ())


async def test_the_timeline_is_in_order(store: Store) -> None:
    async with store.begin() as tx:
        await tx.save(an_incident())
        await tx.note("i1", START + timedelta(seconds=1), "new_alerts", {"alerts": ("A", "B\x00")})
        await tx.note("i1", START, "first", {"count": 1})
    assert await store.timeline("i1") == (
        Entry(START, "first", {"count": 1}),
        Entry(START + timedelta(seconds=1), "new_alerts", {"alerts": ("A", "B\x00")}),
    )
    assert (await store.timeline("i1"))[0].at.tzinfo is UTC


async def test_the_unheard_are_the_firing_ones_that_were_silent(store: Store) -> None:
    async with store.begin() as tx:
        await tx.save(an_incident("silent"))
        await tx.save(an_incident("heard", minute=10))
        await tx.save(replace(an_incident("resolved"), state=IncidentState.RESOLVED))
    assert await store.unheard(START + timedelta(minutes=10)) == ("silent",)


async def test_it_is_healthy_when_it_answers(store: Store) -> None:
    assert await store.healthy() == ""


async def test_a_second_process_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/opsbot.db"
    first, second = Store(url, replica="one"), Store(url, replica="two")
    await first.open()
    with pytest.raises(StoreError, match="in use by another opsbot"):
        await second.open()
    await first.close()
    await second.open()
    await second.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "opsbot.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://host/opsbot.db",
        "sqlite:///opsbot.db?mode=ro",
        "postgresql://host",
        "postgresql://host:port/opsbot",
        "postgresql+asyncpg://host/opsbot",
        "mysql://u:secret@host/opsbot",
    ],
)
def test_other_urls_are_refused_without_showing_them(url: str) -> None:
    with pytest.raises(StoreError, match=r"^a store is sqlite:///FILE") as refused:
        Store(url, replica="one")
    assert "secret" not in str(refused.value)


async def test_a_relative_path_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("sqlite:///opsbot.db", replica="one")
    await store.open()
    await store.close()
    assert (tmp_path / "opsbot.db").exists()


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        await Store(f"sqlite:///{tmp_path}/missing/opsbot.db", replica="one").open()


async def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    store = Store("postgresql://opsbot:geheim@127.0.0.1:1/opsbot", replica="one")
    with pytest.raises(StoreError, match="refused") as refused:
        await store.open()
    assert "geheim" not in str(refused.value)
    assert "refused" in await store.healthy()
    await store.close()


async def test_sqlite_commits_reach_the_disk(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/opsbot.db", replica="one")
    await store.open()
    async with store.database.write() as connection:
        settings = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    await store.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_postgresql_ends_what_a_frozen_replica_leaves_open(store: Store) -> None:
    settings = {}
    for first in (True, False):
        async with store.database.write(first=first) as connection:
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"):
                settings[first, name] = (await connection.execute(text(f"SHOW {name}"))).scalar()
    assert list(settings.values()) == ["5s", "3s", "30s"] * 2
