"""Whose words a line is, and what a container is to others, by its image and by what it starts."""

import time

import pytest

from bot.diagnosis.database.speaker import Serves, quoted, refused_itself, serves
from tests.snapshots import running, spec


@pytest.mark.parametrize(
    ("image", "command", "args", "served"),
    [
        ("postgres", (), (), Serves.SERVER),
        ("ghcr.io/cloudnative-pg/postgresql:16.4", (), (), Serves.SERVER),
        ("postgres:16", (), ("-c", "max_connections=300"), Serves.SERVER),
        ("postgres:16", ("docker-entrypoint.sh",), ("postgres",), Serves.SERVER),
        ("bitnami/redis:7", ("/bin/bash",), ("-c", "/opt/bitnami/scripts/start-scripts/start-master.sh"), Serves.SERVER),
        ("acme/base:1", ("/usr/sbin/mysqld",), ("--datadir=/var/lib/mysql",), Serves.SERVER),
        ("acme/base:1", ("bash", "-c", "until [ -f ready ]; do sleep 1; done; exec mongod --replSet rs0"), (), Serves.SERVER),
        ("gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14", (), (), Serves.PROXY),
        ("bitnami/pgbouncer:1.23", (), (), Serves.PROXY),
        ("mysql:8.4", ("mysqldump",), ("-h", "db"), Serves.NOTHING),
        ("mysql:8.4", ("sh", "-c", "mysqladmin ping -h db"), (), Serves.NOTHING),
        ("redis:7", ("/usr/local/bin/redis-cli", "-h", "cache"), (), Serves.NOTHING),
        ("acme/mysql-sync:2", (), (), Serves.NOTHING),
        ("prometheuscommunity/postgres-exporter:v0.15", (), (), Serves.NOTHING),
        ("acme/shop:2", ("python", "serve.py", "--backend=postgres"), (), Serves.NOTHING),
    ],
)  # fmt: skip
def test_what_a_container_is_to_others(
    image: str, command: tuple[str, ...], args: tuple[str, ...], served: Serves
) -> None:
    assert serves(running(image=image), spec(image, command=command, args=args), lasting=True) is served


@pytest.mark.parametrize(("role", "lasting"), [("init", True), ("main", False)])
def test_what_comes_to_an_end_asks(role: str, lasting: bool) -> None:
    container = running(image="postgres:16", role=role)

    assert (
        serves(container, spec("postgres:16", command=("/scripts/wait.sh",)), lasting=lasting)
        is Serves.NOTHING
    )
    assert serves(container, spec("acme/x:1", command=("postgres",)), lasting=lasting) is Serves.SERVER


@pytest.mark.parametrize(
    "line",
    [
        'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "app"',
        '[2026-01-01 10:00:00 +0000] [7] [ERROR] FATAL:  password authentication failed for user "app"',
        '2026-01-01 10:00:00,123 [7] ERROR FATAL: password authentication failed for user "app"',
        "2026-01-01T10:00:00Z 12 ERROR Access denied for user 'app'@'10.0.0.4'",
        '{"level":"error","c":"x","msg":"Authentication failed."}',
    ],
)
def test_a_client_is_heard(line: str) -> None:
    assert refused_itself(line, Serves.NOTHING, network=False)


@pytest.mark.parametrize(
    "line",
    [
        '{"kubernetes":{"pod":"a"},"log":"FATAL: no"}',
        '{"log":"FATAL: no","pod_name":"a"}',
        "POST /pay: server answered with status 503: pq: no",
        "unexpected response: 500 pq: no",
        "upstream connect error",
    ],
)
def test_is_a_quotation(line: str) -> None:
    assert quoted(line)


@pytest.mark.parametrize(
    "line",
    [
        'connection to server at "db" (10.0.0.1), port 5432 failed',
        'Command failed with error 18. The full response is {"ok": 0.0, "code": 18}',
        "errorResponse: { ok: 0, errmsg: 'Authentication failed.', code: 18 }",
    ],
)
def test_is_no_quotation(line: str) -> None:
    assert not quoted(line)


@pytest.mark.parametrize(
    "line",
    ["[1] " * 25_000, "[1] " + "a=" * 50_000, "status " * 15_000, '"kubernetes' * 9_000, "S-0x" * 25_000],
)
def test_a_hostile_line_costs_little(line: str) -> None:
    began = time.process_time()
    for _ in range(5):
        refused_itself(line, Serves.NOTHING, network=False)
        quoted(line)

    assert time.process_time() - began < 0.5
