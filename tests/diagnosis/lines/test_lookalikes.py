"""Lines that hold the words of a known failure without being one, and failures in other languages, envelopes and drivers."""

import time

import pytest

from bot.diagnosis.lines.known import known_lines

HARMLESS = (
    "kafka: SASL authentication failed",
    "no such user: nginx in /etc/passwd",
    "/login: no password supplied by the client",
    "retry succeeded after: dial tcp 10.0.0.1:5432: connect: connection refused",
    'connected to the database after 3 retries (last error: password authentication failed for user "x")',
    "see https://www.postgresql.org/docs/current/errcodes-appendix.html#28P01 for details",
    "see https://example.com/docs/connection-refused and https://example.com/42P01",
    "took 53300 ms",
    "listening on port 53300",
    'user "x" took 42501 ms',
    'processed "orders" and "users": 42704 rows',
    "error 1045 rows were skipped",
    "too many connections limit is 100",
    "spring.redis.noauth=true",
    "generating self-signed certificate",
    "Using self-signed certificate for the webhook",
    "checking whether certificate has expired",
    "refresh: session: not found",
    "/api/users: 7: not found",
    "cargo build finished 401 crates",
    "prometheus scraped 404 samples",
    "azure.core.exceptions: (AuthenticationFailed) Server failed to authenticate the request",
    "Tracing is disabled by configuration",
    '{"level":"info","msg":"tracing disabled"}',
    'role "admin" does not exist in cache, loading',
    'ERROR: role "app" does not exist (SQLSTATE 42704)',
    'table "x" doesn\'t exist yet, creating it',
    "MemoryError counter 0",
)
FAILURES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "pq: Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen",
        "postgres-password",
        {"user": "app"},
    ),
    ('pq: 사용자 "app"의 password 인증을 실패했습니다', "postgres-password", {"user": "app"}),
    (
        "FATAL: authentification par mot de passe échouée pour l'utilisateur « app » (SQLSTATE 28P01)",
        "postgres-password",
        {"user": "app"},
    ),
    (
        "failed to connect to `host=a user=u1`: FATAL: 비밀번호 인증 실패: »app« (SQLSTATE 28P01)",
        "postgres-password",
        {"user": "app"},
    ),
    ('{"code":"28P01","message":"Anmeldung von »app« abgelehnt"}', "postgres-password", {"user": "app"}),
    ("  code: '28P01',", "postgres-password", {}),
    (
        "FATAL: kein pg_hba.conf-Eintrag für Host »10.0.0.3«, Benutzer »app«, Datenbank »shop«, keine Verschlüsselung (SQLSTATE 28000)",
        "postgres-hba",
        {"host": "10.0.0.3", "user": "app", "database": "shop"},
    ),
    ("FATAL: Rolle »ghost« existiert nicht (SQLSTATE 28000)", "postgres-role-missing", {"user": "ghost"}),
    (
        'Npgsql.PostgresException (0x80004005): 28000: Rolle "ghost" existiert nicht',
        "postgres-role-missing",
        {"user": "ghost"},
    ),
    (
        "ERROR: Relation »audit_logs« existiert nicht (SQLSTATE 42P01)",
        "postgres-undefined-table",
        {"relation": "audit_logs"},
    ),
    ("pymysql.err.OperationalError: (1040, 'Too many connections')", "mysql-too-many-connections", {}),
    (
        "ERROR 1045 (28000): Zugriff verweigert für Benutzer 'app'@'10.0.0.9'",
        "mysql-access-denied",
        {"user": "app", "host": "10.0.0.9"},
    ),
    (
        "SQLSTATE[HY000] [1045] Access denied for user 'root'@'localhost' (using password: YES)",
        "mysql-access-denied",
        {"user": "root", "host": "localhost", "password": "YES"},
    ),
    ("redis.exceptions.AuthenticationError: Authentication required.", "redis-noauth", {}),
    (
        "redis.exceptions.AuthenticationError: invalid username-password pair or user is disabled.",
        "redis-wrongpass",
        {},
    ),
    (
        "(AuthenticationFailed) Authentication failed.",
        "mongo-auth",
        {},
    ),
    ("bash: line 1: gunicorn: command not found", "binary-missing", {"path": "gunicorn"}),
    ("/docker-entrypoint.sh: line 3: /app/run: not found", "binary-missing", {"path": "/app/run"}),
    (
        "lookup redis on 10.96.0.10:53: read udp 10.1.1.1:1->10.96.0.10:53: i/o timeout",
        "dial-timeout",
        {"host": "redis"},
    ),
    (
        r'{"log":"{\"level\":\"error\",\"msg\":\"database \\\"shop\\\" does not exist\"}\n","stream":"stderr"}',
        "postgres-database-missing",
        {"database": "shop"},
    ),
    # pgx since 5.7 puts each server on a line of its own, which an encoder writes into one.
    (
        r'{"level":"fatal","msg":"db","error":"failed to connect to `user=app database=shop`:\n\t10.0.0.1:5432 (db): failed SASL auth: FATAL: password authentication failed for user \"app\" (SQLSTATE 28P01)\n\t10.0.0.1:5432 (db): failed SASL auth: FATAL: password authentication failed for user \"app\" (SQLSTATE 28P01)"}',
        "postgres-password",
        {"user": "app"},
    ),
    (
        r'level=FATAL msg=db err="failed to connect to `user=app database=shop`:\n\t10.0.0.1:5432 (db): server error: FATAL: role \"app\" does not exist (SQLSTATE 28000)"',
        "postgres-role-missing",
        {"user": "app"},
    ),
    (
        r'{"level":"ERROR","message":"Application run failed","stack_trace":"org.postgresql.util.PSQLException: FATAL: password authentication failed for user \"app\"\n\tat org.postgresql.Driver.connect(Driver.java:1)"}',
        "postgres-password",
        {"user": "app"},
    ),
    (
        'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: fe_sendauth: no password supplied',
        "postgres-password",
        {"password": "NO"},
    ),
    (
        "org.postgresql.util.PSQLException: The server requested SCRAM-based authentication, but no password was provided.",
        "postgres-password",
        {"password": "NO"},
    ),
    (
        "Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
        "postgres-password",
        {"password": "NO"},
    ),
    (
        "Npgsql.NpgsqlException (0x80004005): No password has been provided but the backend requires one (in SASL/SCRAM-SHA-256)",
        "postgres-password",
        {"password": "NO"},
    ),
    # -- PostgreSQL in other languages, whose drivers tell no SQLSTATE
    (
        'org.postgresql.util.PSQLException: ВАЖНО: пользователь "app" не прошёл проверку подлинности (по паролю)',
        "postgres-password",
        {"user": "app"},
    ),
    (
        'FATALE:  autenticazione con password fallita per l\'utente "app"',
        "postgres-password",
        {"user": "app"},
    ),
    ('FATAL:  autenticação do tipo senha falhou para o usuário "app"', "postgres-password", {"user": "app"}),
    (
        'KATASTROFALNY:  autoryzacja hasłem nie powiodła się dla użytkownika "app"',
        "postgres-password",
        {"user": "app"},
    ),
    ('FATAL:  lösenordsautentisering misslyckades för användare "app"', "postgres-password", {"user": "app"}),
    # -- PgBouncer
    ("server error (FATAL: SASL authentication failed (SQLSTATE 08P01))", "postgres-password", {}),
    ("FATAL:  password authentication failed", "postgres-password", {}),
    (
        'connection to server at "pgb" (10.0.0.1), port 6432 failed: FATAL:  no such user: app',
        "postgres-role-missing",
        {"user": "app"},
    ),
    ("pq: no such database: shop", "postgres-database-missing", {"database": "shop"}),
    # -- MongoDB's driver for Java
    (
        "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-1, userName='app'}",
        "mongo-auth",
        {},
    ),
    ("Error: self-signed certificate in certificate chain", "x509-unknown-authority", {}),
    (
        "reconnect failed: dial tcp 10.0.0.1:5432: connect: connection refused",
        "connection-refused",
        {"host": "10.0.0.1", "port": "5432"},
    ),
    (
        "could not be connected after 3 tries: dial tcp 10.0.0.1:5432: connect: connection refused",
        "connection-refused",
        {"host": "10.0.0.1", "port": "5432"},
    ),
)


@pytest.mark.parametrize("line", HARMLESS)
def test_words_of_a_failure_are_none_yet(line: str) -> None:
    assert known_lines([line]) == ()


@pytest.mark.parametrize(("line", "id_", "facts"), FAILURES)
def test_a_failure_is_known_in_any_language_and_envelope(line: str, id_: str, facts: dict[str, str]) -> None:
    (found,) = known_lines([line])

    assert found.id == id_
    assert {name: value for name, value in found.facts.items() if value} == facts


@pytest.mark.parametrize(
    "line",
    [
        '"a' * 50_000 + " (28000)",
        '"a" ' * 25_000 + "SQLSTATE 42501",
        "pg_hba.conf " * 8_000 + "28000",
        "connected " * 10_000 + "connection refused",
        "lookup " * 14_000 + "i/o timeout",
        "prometheus status " * 5_000 + "404",
        "error " * 16_000 + "self-signed certificat",
        '"x" is "y" ' * 9_000 + "42704",
    ],
    ids=["quotes", "names", "policies", "overcome", "lookups", "codes", "errors", "constraints"],
)
def test_a_hostile_line_costs_little(line: str) -> None:
    began = time.process_time()
    known_lines([line] * 5)

    assert time.process_time() - began < 0.5


def test_what_a_message_only_announces_is_told_with_it() -> None:
    line = r'{"msg":"db","error":"failed to connect:\n\tdb:5432: FATAL: database \"shop\" does not exist\n\tdb:5432: x"}'
    (found,) = known_lines([line])

    assert found.text == 'db: failed to connect: db:5432: FATAL: database "shop" does not exist'
