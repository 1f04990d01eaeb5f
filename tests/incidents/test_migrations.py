"""The migrations make what is declared, whoever runs them at the same time."""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import bot.migrations
from bot.incidents import codec
from bot.incidents.schema import HEAD, METADATA, to_micros
from bot.incidents.store import Store, StoreError
from bot.model import Diagnosis, Finding, Target, Verdict
from tests.incidents.conftest import BOTH, START, an_incident
from tests.programs.postgres import Postgres


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.migrations.__file__).parent))
    return config


def test_the_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(_config()).get_heads() == [HEAD]


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store can be made, without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/opsbot.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh() as url:
        yield url


def _as_it_was(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


async def test_a_store_of_the_first_version_goes_on_with_what_it_holds(empty: str) -> None:
    finding = Finding("triage", "oom-killed", Verdict.CONFIRMED, {"limit": "512Mi"})
    diagnosis = Diagnosis(Target("prod", "shop", "Deployment", "board"), ("triage",), (finding,), at=START)
    kept = replace(an_incident(), diagnoses=(diagnosis,))
    later = {"rechecks", "related"}  # a version that did not know them wrote none
    body = {
        name: value for name, value in json.loads(codec.encode_incident(kept))[0].items() if name not in later
    }
    old = Store(empty, replica="old")
    async with old.database.write() as connection:
        await connection.run_sync(_as_it_was)
        await connection.execute(
            text(
                "INSERT INTO incident (id, cluster, group_hash, state, opened_at, heard_at, revision, body) "
                "VALUES ('i1', 'prod', 'g', 'firing', :at, :at, 0, :body)"
            ),
            {"at": to_micros(START), "body": json.dumps([body])},
        )
        await connection.execute(
            text("INSERT INTO diagnosis (incident_id, body) VALUES ('i1', :body)"),
            {"body": codec.encode_diagnoses(kept.diagnoses)},
        )
    await old.close()
    store = Store(empty, replica="new")
    await store.open()
    assert await store.get("i1") == kept
    async with store.database.write() as connection:
        assert await connection.run_sync(_differences) == []
    await store.close()


def _differences(connection: Connection) -> object:
    return compare_metadata(MigrationContext.configure(connection), METADATA)


async def test_they_make_the_declared_tables(store: Store) -> None:
    async with store.database.write() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/opsbot.db", replica="one")
    await store.open()
    async with store.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreError, match="written by a newer opsbot"):
        await Store(f"sqlite:///{tmp_path}/opsbot.db", replica="one").open()


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_replicas_that_start_together_migrate_once(postgres: Postgres) -> None:
    """Several processes, and several stores within one."""
    program = (
        "import asyncio, sys\n"
        "from bot.incidents.store import Store\n"
        "store = Store(sys.argv[1], replica='r')\n"
        "asyncio.run(store.open())\n"
    )
    with postgres.fresh() as url:
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, url, stderr=asyncio.subprocess.PIPE
            )
            for _ in range(3)
        ]
        stores = [Store(url, replica=f"r{number}") for number in range(3)]
        await asyncio.gather(*(store.open() for store in stores))
        for process in processes:
            _, errors = await process.communicate()
            assert process.returncode == 0, errors.decode()
        assert await stores[0].jobs_by_state() == ()
        for store in stores:
            await store.close()
