"""The commands of a fix are of the server that refused: MySQL, MongoDB or Redis, never psql for all of them."""

import shlex

import pytest

from bot.delivery.words import Words
from bot.diagnosis.database.situation import Evidence
from tests.runbooks.db_cases import SCHEMA, found, refused
from tests.runbooks.db_kinds_cases import (
    EXPIRED,
    HOST,
    LOCKED,
    MONGO_RIGHT,
    MONGO_URL,
    NO_MAPS,
    NOPERM,
    P1010,
    PLUGIN,
    PROTECTED,
    PUBLIC_KEY,
    REDIS_FULL,
    RIGHT,
)
from tests.snapshots import TARGET


@pytest.mark.parametrize(
    ("of", "cause", "command"),
    [
        pytest.param(refused(RIGHT), "db-permission-denied", "--execute=GRANT SELECT ON `orders` TO 'app'@'10.0.0.9'", id="MySQL, a right"),
        pytest.param(refused(MONGO_RIGHT, workload=MONGO_URL, settings=NO_MAPS), "db-permission-denied", 'db.getSiblingDB("users").grantRolesToUser("app", [{role: "readWrite", db: "shop"}])', id="MongoDB, a right"),
        pytest.param(refused(NOPERM), "db-permission-denied", "+xreadgroup", id="Redis, a command"),
        pytest.param(refused("NOPERM this user has no permissions to access one of the keys used as arguments"), "db-permission-denied", "~*", id="Redis, a key"),
        pytest.param(refused(SCHEMA), "db-permission-denied", '--command=GRANT USAGE, CREATE ON SCHEMA "public" TO "board_db"', id="PostgreSQL"),
        pytest.param(refused(HOST), "db-host-refused-by-policy", "mysql", id="MySQL, a host"),
        pytest.param(refused(REDIS_FULL), "db-too-many-connections", "redis-cli", id="Redis, connections"),
        pytest.param(refused(LOCKED), "db-login-blocked", "--execute=ALTER USER 'app'@'10.0.0.9' ACCOUNT UNLOCK", id="MySQL, a lock"),
    ],
)  # fmt: skip
def test_the_command_is_the_server_s_own(of: Evidence, cause: str, command: str) -> None:
    words = Words("en").finding(found(of, cause), TARGET)
    said = [word for fix in words.fixes for line in fix.commands for word in shlex.split(line, comments=True)]

    assert command in said
    assert ("psql" in said) is (of.scene.logs[0].log.lines[1] == SCHEMA)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "cause", "keys"),
    [
        (P1010, "db-permission-denied", ["look-at-rights"]),
        (PROTECTED, "db-host-refused-by-policy", ["allow-host-redis"]),
        (EXPIRED, "db-login-blocked", ["renew-password"]),
        (PUBLIC_KEY, "db-login-blocked", ["allow-public-key"]),
        (PLUGIN, "db-login-blocked", ["upgrade-driver"]),
    ],
)
def test_what_is_proposed(line: str, cause: str, keys: list[str]) -> None:
    assert [fix.key for fix in found(refused(line), cause).fixes] == keys


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (HOST, "MySQL has no account that may come from 10.42.0.9"),
        (PROTECTED, "Redis runs in protected mode and takes connections from its own machine only"),
    ],
)
def test_the_server_that_refuses_the_host_is_named(line: str, title: str) -> None:
    finding = found(refused(line), "db-host-refused-by-policy")

    assert Words("en").finding(finding, TARGET).title == title
