"""Brings a schema up to date, over a connection whose transaction the caller holds and keeps others out of.

A schema that is there already costs two small queries; alembic is imported only when there is something to do.
"""

import asyncio
import importlib
from pathlib import Path

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import inspect, text

from bot.incidents.database import Connection, StoreError
from bot.incidents.schema import HEAD

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def migrate(connection: Connection) -> None:
    if await connection.run_sync(_revision) == HEAD:
        return
    await asyncio.to_thread(importlib.import_module, "alembic.command")
    await connection.run_sync(_upgrade)


def _revision(connection: SyncConnection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: SyncConnection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # ConfigParser reads % as the start of a reference.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError("the store was written by a newer opsbot; use that version or newer") from error
