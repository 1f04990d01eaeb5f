"""Cases of what a server or the way to it refuses for its own reasons, and of what looks like each but is not."""

from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.scene import Tail
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Verdict
from tests.runbooks.db_cases import (
    BLIND,
    CONFIRMED,
    FULL,
    HBA,
    HBA_TLS,
    LIKELY,
    MYSQL_FULL,
    MYSQL_NONE,
    MYSQL_RIGHT,
    NO_DATABASE,
    NO_HOST,
    NO_LOG,
    NO_ROLE,
    NOT_CHECKED,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    SCHEMA,
    SILENT,
    Case,
    refused,
    settings,
)
from tests.snapshots import ended, running

NAMED = {
    "shared-config": {"DB_NAME": "shop"},
    "board-config": {"DB_NAME": "board", "DB_USER": "board_db", "DB_HOST": "db"},
}
RECOVERED = running(last=ended(1, minutes=30), restarts=1)
NO_SERVICE = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "services", "shop")
PRISMA_SILENT = (
    "Error: P1001: Can't reach database server at `db.shop.svc:5432`",
    "",
    "Please make sure your database server is running at `db.shop.svc:5432`.",
)
NOT_PERMITTED = 'FATAL: role "board_db" is not permitted to log in (SQLSTATE 28000)'

SERVERS = (
    Case("no such role", "db-user-missing", CONFIRMED, refused(NO_ROLE, settings=settings(NAMED)), {"user": "board_db", "host": "db", "may_not_log_in": False}),
    Case("a role without LOGIN", "db-user-missing", CONFIRMED, refused(NOT_PERMITTED), {"may_not_log_in": True}),
    Case("it runs again", "db-user-missing", LIKELY, refused(NO_ROLE, by=RECOVERED)),
    Case("a wrong password", "db-user-missing", RULED_OUT, refused(PASSWORD), {"trouble": "login"}),
    Case("no such database", "db-missing", CONFIRMED, refused(NO_DATABASE, settings=settings(NAMED)), {"database": "board", "database_variable": "DB_NAME", "lost": "shop"}),
    Case("MySQL", "db-missing", CONFIRMED, refused(MYSQL_NONE), {"database": "board", "lost": None}),
    Case("it runs again", "db-missing", LIKELY, refused(NO_DATABASE, by=RECOVERED)),
    Case("no such role", "db-missing", RULED_OUT, refused(NO_ROLE), {"trouble": "user"}),
    Case("without TLS", "db-host-refused-by-policy", CONFIRMED, refused(HBA), {"client": "10.1.2.3", "plain": True}),
    Case("with TLS", "db-host-refused-by-policy", CONFIRMED, refused(HBA_TLS), {"plain": False}),
    Case("it runs again", "db-host-refused-by-policy", LIKELY, refused(HBA, by=RECOVERED)),
    Case("the second try of sslmode=prefer", "db-host-refused-by-policy", RULED_OUT, refused(PASSWORD, HBA), {"trouble": "login"}),
    Case("both tries on one line", "db-host-refused-by-policy", RULED_OUT, refused(f"{PASSWORD}; {HBA}"), {"trouble": "login"}),
    Case("a schema", "db-permission-denied", CONFIRMED, refused(SCHEMA), {"object": "public", "object_kind": "schema"}),
    Case("MySQL", "db-permission-denied", CONFIRMED, refused(MYSQL_RIGHT), {"object": "board", "object_kind": "database"}),
    Case("it runs again", "db-permission-denied", LIKELY, refused(SCHEMA, by=RECOVERED)),
    Case("a refused login", "db-permission-denied", RULED_OUT, refused(PASSWORD), {"trouble": "login"}),
    Case("refused", "db-unreachable", CONFIRMED, refused(REFUSED, endpoints=EndpointsState("shop", "db", 0)), {"host": "db.shop.svc", "port": "5432", "service": "db", "endpoints_ready": 0}),
    Case("no such Service", "db-unreachable", CONFIRMED, refused(NO_HOST, endpoints=NO_SERVICE), {"service": "db", "service_absent": True, "endpoints_ready": None}),
    Case("no address", "db-unreachable", CONFIRMED, refused(NO_HOST), {"id": "no-such-host", "endpoints_ready": None}),
    Case("no answer", "db-unreachable", CONFIRMED, refused(SILENT), {"id": "dial-timeout", "engine": "mysql", "service": ""}),
    Case("only its name tells", "db-unreachable", CONFIRMED, refused("dial tcp db:15432: connect: connection refused"), {"host": "db", "port": "15432"}),
    Case("no way to it", "db-unreachable", CONFIRMED, refused("dial tcp 10.0.0.1:6379: connect: no route to host"), {"id": "no-route", "engine": "redis"}),
    Case("a driver that says no more", "db-unreachable", CONFIRMED, refused(*PRISMA_SILENT), {"id": "unreachable", "host": "db.shop.svc", "port": "5432"}),
    Case("it runs again", "db-unreachable", LIKELY, refused(REFUSED, by=RECOVERED)),
    Case("another server", "db-unreachable", RULED_OUT, refused("dial tcp kafka:9092: connect: connection refused"), {"why": "no-line"}),
    Case("a refused login", "db-unreachable", RULED_OUT, refused(PASSWORD), {"trouble": "login"}),
    Case("a database that said so before", "db-unreachable", RULED_OUT, refused(REFUSED, PASSWORD), {"trouble": "login"}),
    Case("PostgreSQL", "db-too-many-connections", CONFIRMED, refused(FULL), {"engine": "postgres"}),
    Case("MySQL", "db-too-many-connections", CONFIRMED, refused(MYSQL_FULL), {"engine": "mysql"}),
    Case("it runs again", "db-too-many-connections", LIKELY, refused(FULL, by=RECOVERED)),
    Case("the network", "db-too-many-connections", RULED_OUT, refused(REFUSED), {"trouble": "network"}),
    *(
        Case("nothing may be read", cause, NOT_CHECKED, BLIND)
        for cause in ("db-user-missing", "db-missing", "db-host-refused-by-policy", "db-permission-denied", "db-unreachable", "db-too-many-connections")
    ),
    *(
        Case("the log may not be read", cause, Verdict.NOT_CHECKED, refused(logs=(Tail("web-7d9-a", "app", NO_LOG),)))
        for cause in ("db-unreachable", "db-password-wrong", "db-missing")
    ),
)  # fmt: skip
