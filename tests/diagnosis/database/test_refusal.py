"""Which line of a log decides: the last one near the end, of a database, that nothing has overcome."""

import pytest

from bot.diagnosis.database.refusal import Ear, Trouble, find_refusal, same_refusal
from tests.runbooks.db_cases import HBA, NO_HOST, NO_ROLE, PASSWORD, REFUSED

SPRING = (
    'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "board_db"',
    *(f"\tat org.postgresql.core.v3.ConnectionFactoryImpl.m{n}(ConnectionFactoryImpl.java:{n})" for n in range(120)),
    "\t... 60 common frames omitted",
)  # fmt: skip
GO = (
    "panic: failed to connect database",
    "",
    "goroutine 1 [running]:",
    "main.main()",
    "\t/src/main.go:31 +0x1d",
    "exit status 2",
)
NIL = "panic: runtime error: invalid memory address or nil pointer dereference"
LIBPQ = (
    'psycopg2.OperationalError: connection to server at "db.shop" (10.0.0.1), port 5432 failed: Connection refused',
    "\tIs the server running on that host and accepting TCP/IP connections?",
)
NODE = (
    'error: password authentication failed for user "board_db"',
    *(f"    at Parser.m{n} (/app/node_modules/pg-protocol/dist/parser.js:{n}:9)" for n in range(8)),
    "  length: 106,",
    "  severity: 'FATAL',",
    "  code: '28P01',",
    "  routine: 'auth_failed'",
    "}",
)
DEFERRED = (
    'level=warn msg="database not ready" error="dial tcp db:5432: connect: connection refused"',
    'level=info msg="connected to database"',
    "panic: template: index.html:3: unclosed action",
)  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "trouble", "sure"),
    [
        pytest.param((PASSWORD,), Trouble.LOGIN, True, id="the last line"),
        pytest.param((PASSWORD, "bye", "exiting with code 1"), Trouble.LOGIN, True, id="before a farewell"),
        pytest.param(SPRING, Trouble.LOGIN, True, id="before a long stack"),
        pytest.param((PASSWORD, *GO), Trouble.LOGIN, True, id="before a panic about the same"),
        pytest.param((PASSWORD, NIL), Trouble.LOGIN, False, id="before a panic about something else"),
        pytest.param((REFUSED, "retry 2", REFUSED, "retry 3", PASSWORD), Trouble.LOGIN, True, id="the last of several"),
        pytest.param((PASSWORD, "retry", REFUSED), Trouble.NETWORK, True, id="the server went away"),
        pytest.param((PASSWORD, "connected to database", NO_ROLE), Trouble.USER, True, id="overcome, then another"),
        pytest.param((PASSWORD, HBA), Trouble.LOGIN, True, id="the second try without TLS"),
        pytest.param((PASSWORD, "x", "x", "x", HBA), Trouble.POLICY, True, id="another try later"),
        pytest.param((PASSWORD, "waiting until connected to database"), Trouble.LOGIN, True, id="not yet overcome"),
        pytest.param((NO_HOST,), Trouble.NETWORK, True, id="a line that names a database"),
        pytest.param(LIBPQ, Trouble.NETWORK, True, id="before a question that only sounds like an answer"),
    ],
)  # fmt: skip
def test_decides(lines: tuple[str, ...], trouble: Trouble, sure: bool) -> None:
    found = find_refusal(lines)

    assert found is not None
    assert (found.trouble, found.sure) == (trouble, sure)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="an empty log"),
        pytest.param(("starting", "listening on :8080"), id="a healthy log"),
        pytest.param((PASSWORD, "connected to database", "bye"), id="retried and overcome"),
        pytest.param((PASSWORD, "migrations applied"), id="migrated since"),
        pytest.param((PASSWORD, "Started Application in 12.3 seconds"), id="started since"),
        pytest.param(DEFERRED, id="the network was overcome"),
        pytest.param((PASSWORD, *(f"GET /{n} 200" for n in range(50))), id="long ago"),
        pytest.param(("dial tcp kafka:9092: connect: connection refused",), id="another server"),
        pytest.param(("lookup api.example.com: no such host",), id="another name"),
        pytest.param(('relation "audit_logs" does not exist (SQLSTATE 42P01)',), id="a table"),
        pytest.param((f"level=debug msg={PASSWORD!r}",), id="what calls itself harmless"),
    ],
)
def test_does_not_decide(lines: tuple[str, ...]) -> None:
    assert find_refusal(lines) is None


def test_the_line_that_names_the_user_goes_before_the_bare_code_below_it() -> None:
    found = find_refusal(NODE)

    assert found is not None
    assert (found.fact("user"), found.line.index) == ("board_db", 0)


def test_a_server_of_the_settings_is_a_database() -> None:
    line = "dial tcp primary.internal:15432: i/o timeout"

    assert find_refusal([line]) is None
    assert find_refusal([line], Ear(frozenset({"primary.internal"}))) is not None


@pytest.mark.parametrize(
    ("line", "engine"),
    [
        (PASSWORD, "postgres"),
        ("Access denied for user 'a'@'b' (using password: YES)", "mysql"),
        ("WRONGPASS invalid username-password pair", "redis"),
        ("(AuthenticationFailed) Authentication failed.", "mongo"),
        ("dial tcp 10.0.0.1:6379: connect: connection refused", "redis"),
        ("gorm: dial tcp 10.0.0.1:999: connect: connection refused", ""),
        ("PDOException: SQLSTATE[HY000] [2002] Connection refused", ""),
        ("SequelizeHostNotFoundError: getaddrinfo ENOTFOUND pg", ""),
        (
            "[error] Postgrex.Protocol (#PID<0.3.0>) failed to connect: ** (DBConnection.ConnectionError) tcp connect (pg:15432): timeout",
            "postgres",
        ),
    ],
)
def test_the_engine_is_known_by_what_speaks_or_by_its_port(line: str, engine: str) -> None:
    found = find_refusal([line], Ear(frozenset({"10.0.0.1"})))

    assert found is not None
    assert found.engine == engine


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (PASSWORD, PASSWORD.replace("board_db", "chat_db"), True),
        (PASSWORD, NO_ROLE, False),
        (PASSWORD, "Access denied for user 'a'@'b' (using password: YES)", False),
        (REFUSED, REFUSED, True),
        (REFUSED, REFUSED.replace("db.shop", "other.shop"), False),
        (PASSWORD, "well", False),
    ],
)
def test_alike_is_the_same_kind_of_the_same_engine_and_host(one: str, other: str, same: bool) -> None:
    refusal = find_refusal([one])

    assert refusal is not None
    assert (same_refusal(refusal, [other]) is not None) is same


FRAME = "\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:364)"


@pytest.mark.parametrize(
    ("head", "cause", "id_", "engine"),
    [
        ("org.postgresql.util.PSQLException: The connection attempt failed.", "java.net.UnknownHostException: pg.databse.svc", "no-such-host", "postgres"),
        ("org.postgresql.util.PSQLException: The connection attempt failed.", "java.net.SocketTimeoutException: Connect timed out", "dial-timeout", "postgres"),
        ("com.mysql.cj.exceptions.CJCommunicationsException: Communications link failure", "java.net.ConnectException: Connection refused", "connection-refused", "mysql"),
        ("Caused by: io.lettuce.core.RedisConnectionException: Unable to connect", "java.net.UnknownHostException: cache.shop", "no-such-host", "redis"),
    ],
)  # fmt: skip
def test_a_driver_s_cause_is_the_database_s(head: str, cause: str, id_: str, engine: str) -> None:
    found = find_refusal(["HikariPool-1 - Exception", "", head, FRAME, f"Caused by: {cause}", FRAME])

    assert found is not None
    assert (found.trouble, found.line.id, found.engine) == (Trouble.NETWORK, id_, engine)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("feign.RetryableException: risk.svc executing GET", "\tat feign.Client.execute(Client.java:1)", "Caused by: java.net.UnknownHostException: risk.svc"), id="another client"),
        pytest.param(("org.postgresql.util.PSQLException: ok", "an ordinary line", "Caused by: java.net.UnknownHostException: risk.svc"), id="a stack that ended before"),
        pytest.param(("java.net.UnknownHostException: risk.svc", FRAME), id="no cause of a driver"),
    ],
)  # fmt: skip
def test_a_cause_of_something_else_is_none_of_a_database(lines: tuple[str, ...]) -> None:
    assert find_refusal(lines) is None


DENIED = "Access denied for user 'board_db'@'10.3.1.9' (using password: YES)"
MYSQL2 = (
    f"Error: {DENIED}",
    "    at PromisePool.query (/app/node_modules/mysql2/promise.js:356:22) {",
    "  code: 'ER_ACCESS_DENIED_ERROR',",
    "  errno: 1045,",
    "  sqlState: '28000'",
    "}",
)
MYSQLJS = (
    f"Error: ER_ACCESS_DENIED_ERROR: {DENIED}",
    "    at Handshake.Sequence._packetToError (/app/node_modules/mysql/lib/protocol/sequences/Sequence.js:47:14) {",
    "  code: 'ER_ACCESS_DENIED_ERROR',",
    "  errno: 1045,",
    f'  sqlMessage: "{DENIED}",',
    "  sqlState: '28000',",
    "  fatal: true",
    "}",
    "",
    "Node.js v20.11.1",
)
NODE_HBA = (
    f"error: {HBA}",
    "    at Parser.m (/app/pg/parser.js:1:9) {",
    "  severity: 'FATAL',",
    "  code: '28000',",
    "}",
)


@pytest.mark.parametrize(
    ("lines", "trouble", "engine", "user"),
    [
        pytest.param(MYSQL2, Trouble.LOGIN, "mysql", "board_db", id="mysql2"),
        pytest.param(MYSQL2[2:], Trouble.LOGIN, "mysql", "", id="mysql2, its fields alone"),
        pytest.param(MYSQLJS, Trouble.LOGIN, "mysql", "board_db", id="mysqljs"),
        pytest.param(NODE_HBA, Trouble.POLICY, "postgres", "board_db", id="node-postgres"),
    ],
)
def test_an_error_printed_as_an_object_is_one(
    lines: tuple[str, ...], trouble: Trouble, engine: str, user: str
) -> None:
    found = find_refusal(lines)

    assert found is not None
    assert (found.trouble, found.engine, found.fact("user"), found.sure) == (trouble, engine, user, True)


def test_a_cause_below_tells_why_the_server_above_is_not_reached() -> None:
    head = "Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.9.8.7:15432"
    found = find_refusal(
        [head, " ---> System.Net.Sockets.SocketException (111): Connection refused", "   at X.Y()"],
        Ear(frozenset({"10.9.8.7"})),
    )

    assert found is not None
    assert (found.line.id, found.fact("host"), found.engine, found.line.text) == (
        "connection-refused",
        "10.9.8.7",
        "postgres",
        head,
    )


GAI = "socket.gaierror: [Errno -2] Name or service not known"
TRACE = (
    "Traceback (most recent call last):",
    '  File "/usr/local/lib/python3.12/site-packages/asyncpg/connection.py", line 2421, in connect',
    "    return await connect_utils._connect(",
    '  File "/usr/local/lib/python3.12/asyncio/base_events.py", line 1544, in _ensure_resolved',
)


@pytest.mark.parametrize(
    ("lines", "ear", "guessed"),
    [
        pytest.param((*TRACE, GAI), Ear(), False, id="the frames tell whose it is"),
        pytest.param((GAI,), Ear(alone=True), True, id="there is one server"),
        pytest.param((*TRACE, GAI), Ear(alone=True), False, id="both"),
        pytest.param((GAI,), Ear(), None, id="nobody tells whose it is"),
        pytest.param(("requests: Name or service not known",), Ear(alone=True), None, id="no error of Python's"),
        pytest.param(("Traceback (most recent call last):", '  File "/app/kafka.py", line 1', GAI), Ear(), None, id="of another server"),
    ],
)  # fmt: skip
def test_a_name_without_a_server(lines: tuple[str, ...], ear: Ear, guessed: bool | None) -> None:
    found = find_refusal(lines, ear)

    assert (None if found is None else found.guessed) is guessed


@pytest.mark.parametrize(
    ("after", "sure", "then"),
    [
        (
            (
                "** (Mix) Could not start application ledger: Ledger.Application.start(:normal, []) returned an error",
            ),
            True,
            "",
        ),
        (("ERROR:    Application startup failed. Exiting.",), True, ""),
        (("npm ERR! code 1",), True, ""),
        (("ERROR invalid configuration: no backend",), True, "ERROR invalid configuration: no backend"),
        ((NIL,), False, NIL),
        (("fatal: could not open database",), True, ""),
    ],
)
def test_what_follows(after: tuple[str, ...], sure: bool, then: str) -> None:
    found = find_refusal((PASSWORD, *after))

    assert found is not None
    assert (found.sure, found.then.text if found.then else "") == (sure, then)
