"""Cases of whose refusal a log tells: of a server's clients, of a gateway's upstream, of a program's own users, of nobody."""

from dataclasses import replace
from typing import Any

from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.evidence import ContainerSpec, LogTail, PodList, WorkloadState
from bot.diagnosis.scene import Tail
from tests.runbooks.db_cases import (
    CONFIRMED,
    LIKELY,
    MYSQL,
    NEW,
    NO_MAP,
    NO_ROLE,
    NOAUTH,
    NOT_CHECKED,
    ONE_MAP,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    SHARED,
    Case,
    env,
    given,
    note,
    refused,
    settings,
)
from tests.runbooks.db_recovered_cases import AGAIN
from tests.snapshots import ago, ended, looping, pod, running, tail, template

ONE = settings(ONE_MAP)
POSTGRES = '2026-01-01 03:10:05.000 UTC [88] FATAL:  password authentication failed for user "metrics"'
MARKED = '2026-01-01 03:10:05 CET [88]: [1-1] user=metrics,db=shop,app=[unknown],client=10.0.0.9 FATAL:  password authentication failed for user "metrics"'
KOREAN = '2026-01-01 03:10:05.000 KST [88] 치명적오류:  사용자 "metrics"의 password 인증을 실패했습니다'
JSONLOG = '{"timestamp":"2026-01-01 03:10:05 UTC","pid":88,"error_severity":"FATAL","state_code":"28P01","message":"password authentication failed for user \\"metrics\\"","backend_type":"client backend"}'
MYSQLD = "2026-01-01T03:10:00.000Z 12 [Note] [MY-010926] [Server] Access denied for user 'probe'@'10.0.0.4' (using password: YES)"
MARIADBD = "2026-01-01  3:10:00 12 [Warning] Access denied for user 'probe'@'10.0.0.4' (using password: YES)"
MONGOD = '{"t":{"$date":"x"},"s":"I","c":"ACCESS","id":5286307,"ctx":"conn91","msg":"Failed to authenticate","attr":{"user":"probe","error":"AuthenticationFailed: SCRAM authentication failed"}}'
REDISD = "7:M 01 Jan 2026 03:10:00.000 # WRONGPASS invalid username-password pair or user is disabled."
MYSQL_ALIKE = "Access denied for user 'probe'@'10.0.0.4' (using password: YES)"
STARTED = "LOG:  database system is ready to accept connections"
FULL_DISK = 'PANIC:  could not write to file "pg_wal/xlogtemp.30": No space left on device'
POOLED = '2026-01-01 03:10:05 UTC [1] WARNING C-0x55d: shop/board_db@10.3.1.9:43210 pooler error: password authentication failed for user "board_db"'
POOLER = '2026-01-01 03:10:05 UTC [1] WARNING server login failed: FATAL password authentication failed for user "board_db"'
REPLICA = '2026-01-01 03:10:05 UTC [9] FATAL:  could not connect to the primary server: connection to server at "pg-0", port 5432 failed: FATAL:  password authentication failed for user "board_db"'


def by(
    image: str, *lines: str, command: tuple[str, ...] = (), args: tuple[str, ...] = (), **more: Any
) -> Evidence:
    """A container of this image, with the usual settings, that ended after these lines."""
    spec = ContainerSpec(
        "app", image, "main", command, args, env_from=(SHARED, *given().template.containers[0].env_from[2:])
    )
    target = replace(given().target, kind=more.pop("kind", "Deployment"))
    made = replace(given(), template=template(spec), target=target)
    return refused(*lines, by=looping(1, image=image), workload=made, settings=ONE, **more)


SERVERS_THEMSELVES = (
    *(
        Case(f"{image} of its clients", "db-password-wrong", RULED_OUT, by(image, line), {"why": "server", "container": "app"})
        for image, line in (
            ("postgres:16.4", PASSWORD),
            ("bitnami/postgresql:16", PASSWORD),
            ("registry:5000/x/postgis@sha256:0a1b", PASSWORD),
            ("timescale/timescaledb-ha:pg16", PASSWORD),
            ("mysql:8.4", MYSQL_ALIKE),
            ("percona/percona-xtradb-cluster:8.0", MYSQL_ALIKE),
            ("mongo:7.0", MONGOD),
            ("valkey/valkey:8", "WRONGPASS invalid username-password pair"),
            ("edoburu/pgbouncer:v1.23", POOLED),
        )
    ),
    *(
        Case(f"lines of a server: {line[:24]}", "db-password-wrong", RULED_OUT, by("acme/store:7", line), {"why": "server"})
        for line in (POSTGRES, MARKED, KOREAN, JSONLOG, MYSQLD, MARIADBD, MONGOD, REDISD)
    ),
    *(
        Case("a server and another cause", cause, RULED_OUT, by("postgres:16", PASSWORD), {"why": "server"})
        for cause in ("db-setting-unresolved", "db-user-overridden", "db-password-stale", "db-user-missing", "db-unreachable", "db-missing")
    ),
    Case("what begins as a server", "db-password-wrong", RULED_OUT, by("acme/store:7", STARTED, PASSWORD), {"why": "server"}),
    Case("a disk that is full behind it", "db-password-wrong", RULED_OUT, by("postgres:16", POSTGRES, FULL_DISK), {"why": "server"}),
    Case("a server that a command starts", "db-password-wrong", RULED_OUT, by("acme/base:7", PASSWORD, command=("sh", "-c", "chown data && exec /usr/bin/postgres -D /data")), {"why": "server"}),
    Case("a server that reaches nobody", "db-unreachable", RULED_OUT, by("redis:7", REFUSED), {"why": "server"}),
    # What has the image or the words of a server and asks one.
    Case("a dump", "db-password-wrong", CONFIRMED, by("postgres:16", PASSWORD, command=("pg_dump", "--host=db"))),
    Case("a script that asks", "db-password-wrong", CONFIRMED, by("postgres:16", PASSWORD, command=("sh", "-c"), args=("until psql -c 'SELECT 1'; do sleep 1; done",))),
    Case("a client that says who it is", "db-password-wrong", CONFIRMED, by("mysql:8.4", MYSQL, command=("/scripts/backup-forever.sh",))),
    Case("a job", "db-password-wrong", CONFIRMED, by("mysql:8.4", MYSQL, command=("/scripts/backup.sh",), kind="Job")),
    Case("a program of a like name", "db-password-wrong", CONFIRMED, by("acme/postgres-sync:3", PASSWORD)),
    Case("a user of that name", "db-password-wrong", CONFIRMED, by("postgres:16", PASSWORD, args=("psql", "-U", "postgres"))),
    Case("a pooler whose own login is refused", "db-password-wrong", CONFIRMED, by("edoburu/pgbouncer:v1.23", POOLER), {"user": "board_db"}),
    Case("a proxy that reaches nobody", "db-unreachable", CONFIRMED, by("edoburu/pgbouncer:v1.23", REFUSED)),
    Case("a replica", "db-password-wrong", CONFIRMED, by("postgres:16", REPLICA), {"user": "board_db"}),
)  # fmt: skip

PLAIN = given(env("UPSTREAM", "http://ledger-api"), env_from=())
MOUNTED = given(env("UPSTREAM", "http://ledger-api"), env_from=(), mounts=("secret/shared-secret",))
ANSWERED = 'ERROR upstream ledger-api answered 500: FATAL: password authentication failed for user "ledger_rw" (SQLSTATE 28P01)'
RPC = 'rpc error: code = Internal desc = pq: password authentication failed for user "ledger_rw"'
SHIPPED = '[2026/01/01] [ info] [input:tail] {"kubernetes":{"namespace":"fin-3"},"log":"FATAL: password authentication failed for user \\"ledger_rw\\""}'
OWN_RECORD = '{"level":"fatal","pod_name":"web-7d9-a","message":"FATAL: password authentication failed"}'
OWN_ERROR = 'ERROR invalid configuration: route "checkout" has no backend'
SHIPPER_ERROR = "[2026/01/01 03:10:03] [error] [config] section 'opensearch' is missing property: host"
END_USER = '{"level":"warn","msg":"login rejected: password authentication failed for user \\"bob@example.com\\"","remote":"1.2.3.4"}'
NIL = "panic: runtime error: invalid memory address or nil pointer dereference"
LITERAL = given(
    env("DB_USERNAME", "ledger_rw"),
    env("DB_PASSWORD", source="secret/shared-secret/DB_PASSWORD"),
    env_from=(),
)
READER = 'pq: password authentication failed for user "ledger_ro"'
GAI = "socket.gaierror: [Errno -2] Name or service not known"


def quoting(*lines: str, workload: WorkloadState = PLAIN, **more: Any) -> Evidence:
    return refused(*lines, workload=workload, settings=settings({}, **more))


OTHERS = (
    Case("an answer of an upstream", "db-password-wrong", LIKELY, quoting(ANSWERED), {"doubt": "quoted"}),
    Case("an answer by gRPC", "db-password-wrong", LIKELY, quoting(RPC), {"doubt": "quoted"}),
    Case("a record that is shipped", "db-password-wrong", LIKELY, quoting(SHIPPED), {"doubt": "quoted"}),
    Case("an error of its own behind an answer", "db-password-wrong", RULED_OUT, quoting(ANSWERED, OWN_ERROR, "exiting"), {"why": "elsewhere", "doubt": "quoted", "then": OWN_ERROR}),
    Case("an error of its own behind a record", "db-password-wrong", RULED_OUT, quoting(SHIPPED, SHIPPER_ERROR), {"why": "elsewhere"}),
    Case("an answer that names its own user", "db-password-wrong", CONFIRMED, quoting(RPC, workload=LITERAL), {"doubt": ""}),
    Case("no setting of a database", "db-password-wrong", LIKELY, quoting(PASSWORD), {"doubt": "no-setting"}),
    Case("no setting, and an error of its own", "db-password-wrong", RULED_OUT, quoting(PASSWORD, OWN_ERROR), {"doubt": "no-setting"}),
    Case("no setting, and a farewell", "db-password-wrong", LIKELY, quoting(PASSWORD, "ERROR: Application startup failed. Exiting."), {"doubt": "no-setting"}),
    Case("a role, and no setting", "db-user-missing", LIKELY, quoting(NO_ROLE), {"doubt": "no-setting"}),
    Case("no setting, and no password", "db-password-wrong", CONFIRMED, quoting(NOAUTH), {"doubt": ""}),
    Case("a file that may hold a login", "db-password-wrong", CONFIRMED, quoting(PASSWORD, workload=MOUNTED), {"doubt": ""}),
    Case("a Secret of another name", "db-password-wrong", CONFIRMED, quoting(PASSWORD, workload=given(env("LEDGER", source="secret/shared-secret/DB_PASSWORD"), env_from=(), mounts=("secret/shared-secret",))), {"doubt": ""}),
    Case("a URL under another name", "db-user-overridden", RULED_OUT, quoting(PASSWORD, workload=given(env("LEDGER", "postgresql+psycopg://db/x"), env_from=())), {"doubt": ""}),
    Case("a record of its own with its pod", "db-password-wrong", CONFIRMED, refused(OWN_RECORD, settings=ONE), {"doubt": ""}),
    Case("a record with another pod", "db-password-wrong", LIKELY, refused(OWN_RECORD.replace("web-7d9-a", "web-7d9-z"), settings=ONE), {"doubt": "quoted"}),
    Case("the network, and no setting", "db-unreachable", CONFIRMED, quoting(REFUSED), {"doubt": ""}),
    Case("settings that may not be read", "db-password-wrong", LIKELY, refused(PASSWORD, settings=settings({"shared-config": NO_MAP, "board-config": NO_MAP})), {"doubt": ""}),
    Case("another user than the settings name", "db-password-wrong", LIKELY, quoting(READER, workload=LITERAL), {"doubt": "other-user"}),
    Case("another user, and the Secret changed", "db-password-stale", LIKELY, quoting(READER, workload=LITERAL, secret=NEW), {"doubt": "other-user"}),
    Case("the user of the settings, and the Secret changed", "db-password-stale", CONFIRMED, quoting(READER.replace("_ro", "_rw"), workload=LITERAL, secret=NEW), {"doubt": ""}),
    Case("a user of a managed server", "db-password-wrong", CONFIRMED, quoting(READER, workload=given(env("DB_USER", "ledger_ro@pg-main"), *LITERAL.template.containers[0].env[1:], env_from=())), {"doubt": ""}),
    Case("a user of the program's own, and a panic", "db-password-wrong", RULED_OUT, quoting(END_USER, NIL, workload=LITERAL), {"why": "elsewhere", "doubt": "other-user"}),
    Case("a user of the program's own, and a lesser error", "db-password-wrong", LIKELY, quoting(END_USER, OWN_ERROR, workload=LITERAL), {"doubt": "other-user"}),
    Case("its own user, and a panic", "db-password-wrong", LIKELY, quoting(READER.replace("_ro", "_rw"), NIL, workload=LITERAL), {"doubt": ""}),
    Case("a name of no server, and one server", "db-unreachable", LIKELY, quoting(GAI, workload=given(env("DB_HOST", "pg"), env_from=())), {"doubt": "unnamed"}),
    Case("a name of no server, and an error of its own", "db-unreachable", RULED_OUT, quoting(GAI, OWN_ERROR, workload=given(env("DB_HOST", "pg"), env_from=())), {"doubt": "unnamed"}),
    Case("a name of no server, and another server", "db-unreachable", RULED_OUT, quoting(GAI, workload=given(env("DB_HOST", "pg"), env("KAFKA", "kafka:9092"), env_from=())), {"why": "no-line"}),
)  # fmt: skip

YOUNG = PodList((replace(pod(looping(1)), created_at=ago(0.5)),))
CHANGED_BEFORE = settings(ONE_MAP, secret=note("DB_PASSWORD", changed=ago(1)))
USER_UNREAD = given(env("DB_PASSWORD", source="secret/shared-secret/DB_PASSWORD"), env_from=(SHARED,))
SILENT: tuple[Tail, ...] = (tail(),)
BLANK = (tail("", " "),)
NOW_EMPTY = (Tail("web-7d9-a", "app", LogTail("web-7d9-a", "app", previous=False, lines=())),)

KNOWN = (
    Case("a status older than its pod", "db-password-stale", RULED_OUT, refused(PASSWORD, pods=YOUNG, settings=CHANGED_BEFORE), {"why": "before", "started_at": ago(0.5).isoformat()}),
    Case("a status older than its pod", "db-password-wrong", CONFIRMED, refused(PASSWORD, pods=YOUNG, settings=CHANGED_BEFORE)),
    Case("the user may have changed unseen", "db-password-stale", NOT_CHECKED, refused(PASSWORD, workload=USER_UNREAD, settings=settings({"shared-config": NO_MAP}))),
    Case("the Secret changed, whatever the user", "db-password-stale", CONFIRMED, refused(PASSWORD, workload=USER_UNREAD, settings=settings({"shared-config": NO_MAP}, secret=NEW))),
    *(
        Case("an empty log", cause, NOT_CHECKED, refused(logs=SILENT))
        for cause in ("db-setting-unresolved", "db-user-overridden", "db-password-wrong", "db-missing", "db-login-blocked", "db-host-refused-by-policy", "db-permission-denied")
    ),
    Case("blank lines", "db-unreachable", NOT_CHECKED, refused(logs=BLANK)),
    Case("one that tells and one that is silent", "db-password-wrong", CONFIRMED, refused(
        settings=ONE, pods=PodList((pod(looping(1), looping(1, name="side")),)), logs=(tail(PASSWORD), tail(container="side")))),
    Case("one that is well and silent", "db-password-wrong", RULED_OUT, refused(
        pods=PodList((pod(looping(1), running("side")),)), logs=(tail("bye"), tail(container="side"))), {"why": "no-line"}),
    Case("killed for memory, and silent", "db-password-wrong", RULED_OUT, refused(by=looping(137, "OOMKilled"), logs=SILENT), {"why": "no-line", "lines_read": 0}),
    Case("never came to run, and silent", "db-password-wrong", RULED_OUT, refused(by=looping(128, "StartError"), logs=SILENT), {"why": "no-line"}),
    Case("runs again, and was silent", "db-password-wrong", NOT_CHECKED, refused(by=AGAIN, logs=NOW_EMPTY)),
    Case("runs, is not ready, and is silent", "db-password-wrong", NOT_CHECKED, refused(by=running(ready=False), logs=NOW_EMPTY)),
    Case("ended long ago, runs and is silent", "db-password-wrong", RULED_OUT, refused(
        by=replace(running(last=ended(1, minutes=600), restarts=1), started_at=ago(599)), logs=NOW_EMPTY), {"why": "no-line"}),
)  # fmt: skip

SPEAKERS = (*SERVERS_THEMSELVES, *OTHERS, *KNOWN)
