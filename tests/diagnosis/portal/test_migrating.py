"""Whose migration is missing: every tool by its log, its image or its variables, and logs that only sound like one."""

from dataclasses import replace

import pytest

from bot.delivery.words import Words
from bot.diagnosis.evidence import ContainerSpec
from bot.diagnosis.portal.backdrop import Backdrop, Setting
from bot.diagnosis.portal.migrating import GO, TOOLS, Tool, tool_of
from tests.runbooks.portal_cases import backdrop, finding, log
from tests.snapshots import TARGET

MISSING = 'relation "orders" does not exist'
SPEC = ContainerSpec("app", "shop/web:1", "main")


def key(tool: Tool | str | None) -> str:
    return tool.key if isinstance(tool, Tool) else tool or ""


@pytest.mark.parametrize(
    ("line", "tool"),
    [
        (f"django.db.utils.ProgrammingError: {MISSING}", "django"),
        (f"sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) {MISSING}", "alembic"),
        (f"flask_sqlalchemy: sqlalchemy.exc.ProgrammingError: {MISSING}", "flask-migrate"),
        (f"ActiveRecord::StatementInvalid (PG::UndefinedTable: ERROR:  {MISSING}", "rails"),
        (f"PrismaClientKnownRequestError: {MISSING}", "prisma"),
        (f"QueryFailedError: {MISSING}", "typeorm"),
        (f"SequelizeDatabaseError: {MISSING}", "sequelize"),
        (rf"Illuminate\Database\QueryException: SQLSTATE[42P01]: {MISSING}", "laravel"),
        (f"ERROR: {MISSING} (SQLSTATE 42P01)", GO),
        (f"pq: {MISSING}", GO),
        (f"/app/store/orders.go:31 {MISSING}", GO),
        (f"org.postgresql.util.PSQLException: ERROR: {MISSING}", ""),
        (f"Npgsql.PostgresException (0x80004005): 42P01: {MISSING}", ""),
        (f"ERROR: {MISSING}", ""),
    ],
)
def test_by_the_log(line: str, tool: str) -> None:
    assert key(tool_of([line], SPEC, [])) == tool


@pytest.mark.parametrize(
    ("spec", "variables", "tool"),
    [
        (SPEC, ["DJANGO_SETTINGS_MODULE"], "django"),
        (SPEC, ["RAILS_ENV"], "rails"),
        (SPEC, ["SPRING_FLYWAY_URL"], "flyway"),
        (SPEC, ["SPRING_LIQUIBASE_URL"], "liquibase"),
        (SPEC, ["DB_HOST", "GUARDRAILS_URL"], ""),
        (replace(SPEC, image="registry.example/flyway:10"), [], "flyway"),
        (replace(SPEC, image="registry.example/flyway-docs:10"), [], ""),
        (replace(SPEC, command=("python", "manage.py", "runserver")), [], "django"),
        (replace(SPEC, args=("npx prisma migrate deploy",)), [], "prisma"),
        (None, [], ""),
    ],
)
def test_by_image_command_and_variables(spec: ContainerSpec | None, variables: list[str], tool: str) -> None:
    assert key(tool_of([MISSING], spec, variables)) == tool


OFF, ON = (
    Setting("RUN_MIGRATIONS", "false", "configmap/web"),
    Setting("RUN_MIGRATIONS", "true", "configmap/web"),
)
DJANGO = f"django.db.utils.ProgrammingError: {MISSING}"
IN_GO = f"ERROR: {MISSING} (SQLSTATE 42P01)"


@pytest.mark.parametrize(
    ("settings", "line", "fixes"),
    [
        ((), DJANGO, ["run-migration"]),
        ((OFF,), DJANGO, ["set-variable-live"]),
        ((ON,), DJANGO, ["run-migration"]),
        ((), IN_GO, ["set-variable-live"]),
        ((ON,), IN_GO, ["see-migration"]),
        ((), f"ERROR: {MISSING}", ["find-migration"]),
        ((ON,), f"ERROR: {MISSING}", ["see-migration"]),
    ],
)
def test_a_variable_is_offered_where_there_is_one_or_the_program_is_in_go(
    settings: tuple[Setting, ...], line: str, fixes: list[str]
) -> None:
    of: Backdrop = backdrop(*settings, logs=(log(line),))

    assert [fix.key for fix in finding(of, "db-not-migrated").fixes] == fixes


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_tool_runs_where_the_program_runs(language: str) -> None:
    worded = Words(language).finding(finding(backdrop(logs=(log(DJANGO),)), "db-not-migrated"), TARGET)

    assert worded.fixes[0].commands == (
        "kubectl exec pod/web-7d9-a --namespace=shop --container=app -- python manage.py showmigrations --plan",
        "kubectl exec pod/web-7d9-a --namespace=shop --container=app -- python manage.py migrate --noinput",
    )
    assert "AUTO_MIGRATE" not in worded.detail


def test_every_tool_is_one_of_its_own() -> None:
    assert len({tool.key for tool in TOOLS}) == len({tool.runs for tool in TOOLS}) == len(TOOLS)
