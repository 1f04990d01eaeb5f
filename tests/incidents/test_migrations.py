"""The migrations make what is declared, whoever runs them at the same time."""

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import bot.migrations
from bot.incidents.schema import HEAD, METADATA
from bot.incidents.store import Store, StoreError
from tests.programs.postgres import Postgres


def test_the_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


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
        await store.open()


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
