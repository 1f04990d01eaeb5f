"""What PostgreSQL, its poolers and drivers say when they refuse a client.

The SQLSTATE is tried first, because the text is in the language of the server; what comes without one is in `translated`.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from bot.diagnosis.lines import translated
from bot.diagnosis.lines.pattern import Pattern, pattern
from bot.diagnosis.lines.quoted import DATABASE, QUOTES, by_code, code_of, named

PATTERNS: tuple[Pattern, ...] = (
    # First: a driver that may try again without encryption tells of pg_hba behind it, on the same line.
    pattern(
        "postgres-password",
        DATABASE,
        "password authentication failed|authentication failed for user",
        rf"(?:password|PAM|LDAP|SCRAM|GSSAPI|peer|ident)[\w-]{{0,12}} authentication failed for user {named('user')}",
    ),
    *translated.PASSWORD,
    *translated.REFUSALS,
    # The server asks for one and the client has none: libpq, JDBC, node-postgres, Npgsql.
    pattern(
        "postgres-password",
        DATABASE,
        "no password supplied|no password was provided|client password must be a|no password has been provided",
        r"fe_sendauth: no password supplied|requested [\w-]{1,20} authentication, but no password was provided"
        r"|SCRAM-SERVER-FIRST-MESSAGE: client password must be a|No password has been provided but the backend requires",
        password="NO",  # noqa: S106 -- what MySQL calls it, not a password
    ),
    # PgBouncer, which tells no more: https://www.pgbouncer.org/config.html#authentication-settings
    pattern(
        "postgres-password",
        DATABASE,
        "authentication failed",
        r"\bFATAL:? {1,2}(?:SASL|password) authentication failed(?! for)",
    ),
    # In this order: several of PostgreSQL's refusals share the SQLSTATE 28000.
    pattern(
        "postgres-hba",
        DATABASE,
        "pg_hba",
        rf"no pg_hba\.conf entry (?:for|rejects)[^\n]{{0,40}}?host {named('host')}, user {named('user')}"
        rf"(?:, database {named('database')})?(?:, (?P<encryption>SSL \w+|no encryption|[\w ]{{0,30}}encryption))?",
    ),
    pattern(
        "postgres-hba",
        DATABASE,
        "pg_hba",
        rf"{named('host')}[^{QUOTES}\n]{{1,30}}{named('user')}(?:[^{QUOTES}\n]{{1,30}}{named('database')})?",
        anchor=code_of("28000"),
    ),
    pattern(
        "postgres-hba",
        DATABASE,
        "pg_hba",
        r"no pg_hba\.conf entry|pg_hba\.conf[^\n]{0,20}?(?:reject|거부|ablehn)"
        rf"|{code_of('28000')}[^\n]{{0,400}}?pg_hba\.conf",
    ),
    pattern("postgres-hba", DATABASE, "pg_hba", r"pg_hba\.conf", anchor=code_of("28000")),
    *by_code("postgres-password", "28P01", "user"),
    pattern(
        "postgres-role-missing",
        DATABASE,
        "does not exist|is not permitted to log in|no such user",
        # Not what a GRANT in a migration misses (42704), nor a cache.
        rf"role {named('user')} (?:does not exist(?=\W{{0,3}}$|[^\w\n]{{0,3}}[(,.;\\\"])|is not permitted to log in)"
        r"(?![^\n]{0,40}42704)|\b(?:FATAL|pq): {1,2}no such user: (?P<user1>[\w.-]{1,63})",
    ),
    pattern(
        "postgres-database-missing",
        DATABASE,
        "does not exist|no such database",
        rf"\bdatabase {named('database')} does not exist"
        r"|\b(?:FATAL|pq): {1,2}no such database: (?P<database1>[\w.-]{1,63})",
    ),
    *by_code("postgres-database-missing", "3D000", "database"),
    pattern(
        "postgres-too-many-connections",
        DATABASE,
        "53300|too many clients|remaining connection slots|too many connections for|max_client_conn",
        rf"{code_of('53300')}|sorry, too many clients already|remaining connection slots are reserved"
        r"|too many connections for (?:role|database)|no more connections allowed \(max_client_conn\)",
    ),
    pattern(
        "postgres-constraint-missing",
        DATABASE,
        "does not exist",
        rf"constraint {named('constraint')} (?:of|for) (?:relation|table) {named('relation')} does not exist",
    ),
    pattern(
        "postgres-constraint-missing",
        DATABASE,
        "42704",
        rf"{named('constraint1')}[^{QUOTES}\n]{{1,40}}{named('relation1')}",
        anchor=code_of("42704"),
    ),
    pattern(
        "postgres-undefined-table",
        DATABASE,
        "does not exist",
        rf"\brelation {named('relation')} does not exist",
    ),
    *by_code("postgres-undefined-table", "42P01", "relation"),
    pattern(
        "postgres-permission",
        DATABASE,
        "permission denied for",
        r"permission denied for (?P<kind>table|relation|schema|database|sequence|view|function|tablespace|language)"
        r" [\"']?(?P<object>[\w$.-]{1,128})",
    ),
    *by_code("postgres-permission", "42501", "object"),
    pattern(
        "postgres-login-blocked",
        DATABASE,
        "authentication type 10|authentication method 10|scram authentication requires",
        r"authentication (?:type|method) 10 (?:is )?not supported|SCRAM authentication requires libpq version 10",
        state="scram",
    ),
)
# Behind what MySQL says with the same SQLSTATE, which PostgreSQL has for a host that is refused as well: alone it tells nothing.
BEHIND_MYSQL: tuple[Pattern, ...] = by_code("postgres-role-missing", "28000", "user", alone=False)
