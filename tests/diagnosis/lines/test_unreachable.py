"""What drivers and the scripts that wait for a database say when they do not reach it, and the codes that stand alone."""

import time

import pytest

from bot.diagnosis.lines.known import known_lines

Facts = dict[str, str]
AT: Facts = {"host": "10.9.8.7", "port": "5432"}
LINES: tuple[tuple[str, str, Facts], ...] = (
    ("failed to connect to `host=pg.data user=app database=shop`: dial error (timeout: context deadline exceeded)", "dial-timeout", {"host": "pg.data"}),
    ("failed to connect to `user=app database=shop`: 10.9.8.7:5432 (pg.data): dial error: timeout: context deadline exceeded", "dial-timeout", AT),
    ("failed to connect to `user=app database=shop`: 10.9.8.7:5432 (pg.data): dial error: dial tcp 10.9.8.7:5432: connect: connection refused", "connection-refused", AT),
    ("failed to connect to `host=pg.data user=app database=shop`: hostname resolving error (lookup pg.data on 172.20.0.10:53: no such host)", "no-such-host", {"host": "pg.data"}),
    ("Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.9.8.7:5432", "unreachable", AT),
    ("MySqlConnector.MySqlException (0x80004005): Unable to connect to any of the specified MySQL hosts.", "unreachable", {}),
    ("ConnectionRefusedError: [Errno 111] Connect call failed ('10.9.8.7', 5432)", "connection-refused", AT),
    ("OSError: Multiple exceptions: [Errno 111] Connect call failed ('::1', 5432, 0, 0), [Errno 111] Connect call failed ('127.0.0.1', 5432)", "connection-refused", {"host": "::1", "port": "5432"}),
    ("TimeoutError: [Errno 110] Connect call failed ('10.9.8.7', 5432)", "dial-timeout", AT),
    ("OSError: [Errno 113] Connect call failed ('10.9.8.7', 5432)", "no-route", AT),
    ("** (DBConnection.ConnectionError) tcp connect (pg.data:5432): connection refused - :econnrefused", "connection-refused", {"host": "pg.data", "port": "5432"}),
    ("** (DBConnection.ConnectionError) tcp connect (pg.data:5432): non-existing domain - :nxdomain", "no-such-host", {"host": "pg.data", "port": "5432"}),
    ("** (DBConnection.ConnectionError) tcp connect (pg.data:5432): timeout", "dial-timeout", {"host": "pg.data", "port": "5432"}),
    ("nc: bad address 'pg.data'", "no-such-host", {"host": "pg.data"}),
    ('nc: getaddrinfo for host "pg.data" port 5432: Name or service not known', "no-such-host", {"host": "pg.data", "port": "5432"}),
    ("nc: connect to pg.data port 5432 (tcp) failed: Connection refused", "connection-refused", {"host": "pg.data", "port": "5432"}),
    ("nc: pg.data (10.9.8.7:5432): Connection refused", "connection-refused", {"host": "pg.data", "port": "5432"}),
    ("pg.data:5432 - no response", "unreachable", {"host": "pg.data", "port": "5432"}),
    ("wait-for-it.sh: timeout occurred after waiting 15 seconds for pg.data:5432", "unreachable", {"host": "pg.data", "port": "5432"}),
    ('Error: Error { kind: Authentication { message: "SCRAM failure: Authentication failed." }, labels: {}, wire_version: None }', "mongo-auth", {}),
    ("  code: 'ER_ACCESS_DENIED_ERROR',", "mysql-access-denied", {}),
    ("{ code: 'ER_ACCESS_DENIED_ERROR', sqlState: '28000' }", "mysql-access-denied", {}),
)  # fmt: skip
NONE = (
    # Of MySQL's wrong password, of PostgreSQL's missing role and of its rules for hosts alike.
    "  sqlState: '28000',",
    "  code: '28000',",
    "SQLSTATE: 28000",
    "pg.data:5432 - accepting connections",
    "pg.data:5432 - rejecting connections",
    "server - no response yet, waiting",
    "wait-for-it.sh: waiting 15 seconds for pg.data:5432",
    "nc: invalid option -- 'x'",
    "dial error (rate limited)",
)


@pytest.mark.parametrize(("line", "id_", "facts"), LINES, ids=[f"{n}-{s[1]}" for n, s in enumerate(LINES)])
def test_is_known(line: str, id_: str, facts: Facts) -> None:
    (found,) = known_lines([line])

    assert found.id == id_
    assert {name: fact for name, fact in found.facts.items() if fact} == facts


@pytest.mark.parametrize("line", NONE)
def test_is_not_known(line: str) -> None:
    assert known_lines([line]) == ()


@pytest.mark.parametrize(
    "line",
    [
        "a" * 50_000 + " dial error",
        "a." * 25_000 + "dial error: timeout: ",
        "::" * 25_000 + " - no response",
        " a:1" * 12_000 + " - no response",
        "nc: " * 12_000 + "connection refused",
        "Connect call failed ('" * 3_000,
    ],
    ids=["dial", "names", "colons", "ports", "nc", "calls"],
)
def test_a_hostile_line_costs_little(line: str) -> None:
    began = time.process_time()
    known_lines([line] * 5)

    assert time.process_time() - began < 0.5
