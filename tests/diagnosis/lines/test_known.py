"""Every known line in the wordings of servers and drivers, and lines that only look like one."""

import time

import pytest

from bot.diagnosis.lines.known import known_lines

HOST = "10.96.3.4"
SAMPLES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ('FATAL: password authentication failed for user "board_db"', "postgres-password", {"user": "board_db"}),
    (
        "FATAL:  Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen (SQLSTATE 28P01)",
        "postgres-password",
        {"user": "app"},
    ),
    (
        '치명적오류: 사용자 "app"의 password 인증을 실패했습니다 (SQLSTATE 28P01)',
        "postgres-password",
        {"user": "app"},
    ),
    (
        (
            r'{"level":"fatal","msg":"no database","error":"failed to connect to `host=a user=u1`: failed SASL auth '
            r'(FATAL: password authentication failed for user \"u1\" (SQLSTATE 28P01))"}'
        ),
        "postgres-password",
        {"user": "u1"},
    ),
    (
        'psycopg.OperationalError: connection failed: FATAL:  password authentication failed for user "app"',
        "postgres-password",
        {"user": "app"},
    ),
    (
        'Npgsql.PostgresException (0x80004005): 28P01: password authentication failed for user "app"',
        "postgres-password",
        {"user": "app"},
    ),
    (
        'pq: no pg_hba.conf entry for host "10.0.0.3", user "app", database "shop", no encryption',
        "postgres-hba",
        {"host": "10.0.0.3", "user": "app", "database": "shop", "encryption": "no encryption"},
    ),
    ('FATAL: role "ghost" does not exist', "postgres-role-missing", {"user": "ghost"}),
    ('FATAL: database "nope" does not exist', "postgres-database-missing", {"database": "nope"}),
    (
        "FATAL: base de données « nope » inexistante (SQLSTATE 3D000)",
        "postgres-database-missing",
        {"database": "nope"},
    ),
    ("FATAL: sorry, too many clients already", "postgres-too-many-connections", {}),
    (
        "ERROR: permission denied for table orders",
        "postgres-permission",
        {"kind": "table", "object": "orders"},
    ),
    (
        'ERROR: relation "audit_logs" does not exist (SQLSTATE 42P01)',
        "postgres-undefined-table",
        {"relation": "audit_logs"},
    ),
    (
        'ERROR: constraint "uni_users_email" of relation "users" does not exist (SQLSTATE 42704)',
        "postgres-constraint-missing",
        {"constraint": "uni_users_email", "relation": "users"},
    ),
    (
        "Error 1045 (28000): Access denied for user 'app'@'10.0.0.9' (using password: YES)",
        "mysql-access-denied",
        {"user": "app", "host": "10.0.0.9", "password": "YES"},
    ),
    (
        "java.sql.SQLException: Access denied for user 'app'@'%' (using password: NO)",
        "mysql-access-denied",
        {"user": "app", "host": "%", "password": "NO"},
    ),
    (
        "Error 1044 (42000): Access denied for user 'app'@'%' to database 'shop'",
        "mysql-database-denied",
        {"user": "app", "host": "%", "database": "shop"},
    ),
    ("Error 1049 (42000): Unknown database 'nope'", "mysql-database-missing", {"database": "nope"}),
    ("ERROR 1040 (HY000): Too many connections", "mysql-too-many-connections", {}),
    ("MongoServerError: Authentication failed.", "mongo-auth", {}),
    (
        "connection() error occurred during connection handshake: auth error: sasl conversation error: unable to authenticate",
        "mongo-auth",
        {},
    ),
    ("WRONGPASS invalid username-password pair or user is disabled.", "redis-wrongpass", {}),
    ("(error) NOAUTH Authentication required.", "redis-noauth", {}),
    (
        f"dial tcp {HOST}:5432: connect: connection refused",
        "connection-refused",
        {"host": HOST, "port": "5432"},
    ),
    ("Error: connect ECONNREFUSED ::1:5432", "connection-refused", {"host": "::1", "port": "5432"}),
    (
        'connection to server at "fd00::12:1", port 5432 failed: Connection refused',
        "connection-refused",
        {"host": "fd00::12:1", "port": "5432"},
    ),
    (f"Error: connect ECONNREFUSED {HOST}:6379", "connection-refused", {"host": HOST, "port": "6379"}),
    (
        'connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused',
        "connection-refused",
        {"host": "db", "port": "5432"},
    ),
    ("dial tcp: lookup db.shop.svc on 10.96.0.10:53: no such host", "no-such-host", {"host": "db.shop.svc"}),
    ("java.net.UnknownHostException: mysql.shop", "no-such-host", {"host": "mysql.shop"}),
    ("getaddrinfo ENOTFOUND redis.shop", "no-such-host", {"host": "redis.shop"}),
    ("dial tcp 10.1.1.1:5432: i/o timeout", "dial-timeout", {"host": "10.1.1.1", "port": "5432"}),
    (
        (
            '{"level":"warn","msg":"continuing without tracing","error":"conflicting Schema URL: '
            'https://opentelemetry.io/schemas/1.26.0 and https://opentelemetry.io/schemas/1.32.0"}'
        ),
        "otel-schema-conflict",
        {"first": "1.26.0", "second": "1.32.0"},
    ),
    (
        "cannot merge resource due to conflicting Schema URL",
        "otel-schema-conflict",
        {"first": "", "second": ""},
    ),
    ("Failed to start, continuing without tracing", "otel-disabled", {}),
    (
        'ts=1 caller=head.go level=info component=tsdb msg="WAL segment loaded" segment=313 maxSegment=348',
        "wal-replay",
        {"segment": "313", "last": "348"},
    ),
    (
        '{"level":"INFO","msg":"WAL segment loaded","component":"tsdb","segment":7,"maxSegment":9}',
        "wal-replay",
        {"segment": "7", "last": "9"},
    ),
    ('level=info msg="WAL replay completed" duration=3s', "wal-replay-done", {}),
    ('{"level":"warn","msg":"ArgoCD client not configured"}', "argocd-not-configured", {}),
    (
        "argocd: rpc error: code = Unauthenticated desc = invalid session: token has invalid claims",
        "argocd-token-rejected",
        {},
    ),
    (
        "unexpected error from ListObjects on shop-traces: Access Denied",
        "s3-access-denied",
        {"operation": "ListObjects", "bucket": "shop-traces"},
    ),
    (
        "failed parsing config: yaml: unmarshal errors: line 42: field enforce_metric_name not found in type validation.plain",
        "config-field-unknown",
        {"line": "42", "field": "enforce_metric_name", "type": "validation.plain"},
    ),
    ("exec /otelcol-contrib: no such file or directory", "binary-missing", {"path": "/otelcol-contrib"}),
    ("exec /app/server: exec format error", "exec-format", {"path": "/app/server"}),
    ("open /data/wal: permission denied", "permission-denied", {"path": "/data/wal"}),
    ("x509: certificate signed by unknown authority", "x509-unknown-authority", {}),
    (
        (
            "conversion webhook for external-secrets.io/v1beta1, Kind=SecretStore failed: Post "
            '"https://external-secrets-webhook.external-secrets.svc:443/convert?timeout=30s": no such host'
        ),
        "conversion-webhook-failed",
        {
            "version": "external-secrets.io/v1beta1",
            "kind": "SecretStore",
            "service": "external-secrets-webhook.external-secrets.svc",
            "error": "no such host",
        },
    ),
)
OTHERS = (
    'INFO password policy: "password authentication failed for user "x"" is what a wrong one gives',
    '{"level":"info","msg":"see https://www.postgresql.org/docs/errcodes.html for SQLSTATE 28P01"}',
    "retrying: 3 connections refused earlier are fine now",
    "listening on 0.0.0.0:5432",
    "user app authenticated",
    "the role of a database is to exist",
    "Schema URL https://opentelemetry.io/schemas/1.32.0",
    "",
)


@pytest.mark.parametrize(
    ("line", "id_", "facts"), SAMPLES, ids=[f"{n}-{s[1]}" for n, s in enumerate(SAMPLES)]
)
def test_a_known_line_says_what_it_names(line: str, id_: str, facts: dict[str, str]) -> None:
    (found,) = known_lines(["starting", line, "exiting"])

    assert (found.id, dict(found.facts), found.index) == (id_, facts, 1)
    assert found.text


@pytest.mark.parametrize("line", OTHERS)
def test_what_only_looks_like_one_is_none(line: str) -> None:
    assert known_lines([line]) == ()


def test_the_modules_of_an_ambiguous_import_stand_on_the_lines_below() -> None:
    (found,) = known_lines(
        [
            "ambiguous import: found package google.golang.org/genproto/googleapis/api/httpbody in multiple modules:",
            "    google.golang.org/genproto v0.0.0-20210310155132-4ce2db91004e",
            "    google.golang.org/genproto/googleapis/api v0.0.0-20241104194629-dd2ea8efbc28",
        ]
    )

    assert found.facts["package"] == "google.golang.org/genproto/googleapis/api/httpbody"
    assert found.facts["module1"] == "google.golang.org/genproto v0.0.0-20210310155132-4ce2db91004e"
    assert found.facts["module2"].startswith("google.golang.org/genproto/googleapis/api v0.0.0")


@pytest.mark.parametrize(
    "line",
    [
        '"' * 100_000,
        'password authentication failed for user "' * 2_500,
        "'x'" * 33_000 + " 42P01",
        "dial tcp " * 11_000,
        "argo " * 20_000,
        "exec /" + "a/" * 50_000,
        "bucket " * 14_000 + "access denied?",
    ],
    ids=["quotes", "users", "names", "dials", "words", "path", "buckets"],
)
def test_a_hostile_line_costs_little(line: str) -> None:
    began = time.process_time()
    known_lines([line] * 5)

    assert time.process_time() - began < 0.5
