"""What databases and their drivers say when they refuse a client: PostgreSQL, MySQL, MongoDB, Redis.

The SQLSTATE or error code is tried first, because the text is in the language of the server.
https://www.postgresql.org/docs/current/errcodes-appendix.html
https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
"""

from bot.diagnosis.lines.pattern import Pattern, pattern

_DB = "database"
# Quotes of many languages: "x" 'x' «x» „x“ `x` 'x'.
_Q = r"[\"'`«»„“”‘’]"
_NAME = rf"{_Q}(?P<{{0}}>[^\"'`«»„“”‘’\n]{{{{1,128}}}}){_Q}"


def _named(fact: str) -> str:
    return _NAME.format(fact).replace("{{", "{").replace("}}", "}")


PATTERNS: tuple[Pattern, ...] = (
    # First: a driver that may try again without encryption tells of pg_hba behind it, on the same line.
    pattern(
        "postgres-password",
        _DB,
        "password authentication failed|authentication failed for user",
        rf"(?:password|PAM|LDAP|SCRAM|GSSAPI|peer|ident)[\w-]{{0,12}} authentication failed for user {_named('user')}",
    ),
    # In this order: several of PostgreSQL's refusals share the SQLSTATE 28000.
    pattern(
        "postgres-hba",
        _DB,
        "pg_hba",
        rf"no pg_hba\.conf entry (?:for|rejects)[^\n]{{0,40}}?host {_named('host')}, user {_named('user')}"
        rf"(?:, database {_named('database')})?(?:, (?P<encryption>SSL \w+|no encryption|[\w ]{{0,30}}encryption))?",
    ),
    pattern(
        "postgres-hba", _DB, "pg_hba", r"no pg_hba\.conf entry|pg_hba\.conf[^\n]{0,20}?(?:reject|거부|ablehn)"
    ),
    pattern("postgres-password", _DB, "28p01", rf"{_named('user1')}[^\n]{{0,200}}?\b28P01\b"),
    pattern("postgres-password", _DB, "28p01", rf"\b28P01\b(?:[^\n]{{0,200}}?{_named('user2')})?"),
    pattern(
        "postgres-role-missing",
        _DB,
        "does not exist|is not permitted to log in",
        rf"role {_named('user')} (?:does not exist|is not permitted to log in)",
    ),
    pattern(
        "postgres-role-missing", _DB, "28000", rf"{_named('user3')}[^\n]{{0,200}}?\bSQLSTATE\W{{0,3}}28000\b"
    ),
    pattern(
        "postgres-database-missing", _DB, "does not exist", rf"\bdatabase {_named('database')} does not exist"
    ),
    pattern("postgres-database-missing", _DB, "3d000", rf"{_named('database1')}[^\n]{{0,200}}?\b3D000\b"),
    pattern(
        "postgres-database-missing", _DB, "3d000", rf"\b3D000\b(?:[^\n]{{0,200}}?{_named('database2')})?"
    ),
    pattern(
        "postgres-too-many-connections",
        _DB,
        "53300|too many clients|remaining connection slots|too many connections for|max_client_conn",
        r"\b53300\b|sorry, too many clients already|remaining connection slots are reserved"
        r"|too many connections for (?:role|database)|no more connections allowed \(max_client_conn\)",
    ),
    pattern(
        "postgres-constraint-missing",
        _DB,
        "does not exist",
        rf"constraint {_named('constraint')} (?:of|for) (?:relation|table) {_named('relation')} does not exist",
    ),
    pattern(
        "postgres-constraint-missing",
        _DB,
        "42704",
        rf"{_named('constraint1')}[^\n]{{1,40}}?{_named('relation1')}[^\n]{{0,120}}?\b42704\b",
    ),
    pattern(
        "postgres-undefined-table", _DB, "does not exist", rf"\brelation {_named('relation')} does not exist"
    ),
    pattern("postgres-undefined-table", _DB, "42p01", rf"{_named('relation1')}[^\n]{{0,200}}?\b42P01\b"),
    pattern("postgres-undefined-table", _DB, "42p01", rf"\b42P01\b(?:[^\n]{{0,200}}?{_named('relation2')})?"),
    pattern(
        "postgres-permission",
        _DB,
        "permission denied for",
        r"permission denied for (?P<kind>table|relation|schema|database|sequence|view|function|tablespace|language)"
        r" [\"']?(?P<object>[\w$.-]{1,128})",
    ),
    pattern("postgres-permission", _DB, "42501", rf"{_named('object1')}[^\n]{{0,200}}?\b42501\b"),
    pattern("postgres-permission", _DB, "42501", rf"\b42501\b(?:[^\n]{{0,200}}?{_named('object2')})?"),
    pattern(
        "mysql-database-denied",
        _DB,
        "access denied for user",
        rf"Access denied for user {_named('user')}@{_named('host')} to database {_named('database')}",
    ),
    pattern(
        "mysql-access-denied",
        _DB,
        "access denied for user",
        rf"Access denied for user {_named('user')}@{_named('host')}(?: \(using password: (?P<password>YES|NO)\))?",
    ),
    pattern("mysql-access-denied", _DB, "1045", r"\b(?:ERROR|Error|errno:?) ?\(?1045\b"),
    pattern("mysql-database-missing", _DB, "unknown database", rf"Unknown database {_named('database')}"),
    pattern(
        "mysql-too-many-connections",
        _DB,
        "1040|too many connections|max_user_connections",
        r"\b(?:ERROR|Error|errno:?) ?\(?1040\b|\b08004\b|(?:^|[\s:\"])Too many connections\b"
        r"|has (?:already )?more than 'max_user_connections'",
    ),
    pattern(
        "mongo-auth",
        _DB,
        "authentication failed|authenticationfailed|auth error",
        r"\(AuthenticationFailed\)|\bAuthenticationFailed\b|MongoServerError: Authentication failed"
        r"|auth error: sasl conversation error|code(?:Name)?\W{1,4}18\b[^\n]{0,80}?Authentication failed"
        r"|Authentication failed\.?[^\n]{0,80}?code\W{1,4}18\b|MongoSecurityException[^\n]{0,80}?authenticat",
    ),
    pattern("mongo-auth", _DB, "bad auth", r"\bbad auth ?: ?authentication failed"),
    pattern(
        "mongo-unauthorized",
        _DB,
        "not authorized on|requires authentication",
        r"not authorized on (?P<database>[\w-]{1,63}) to execute command|\bcommand \w{1,40} requires authentication",
    ),
    pattern("redis-wrongpass", _DB, "wrongpass", r"\bWRONGPASS\b"),
    pattern(
        "redis-wrongpass",
        _DB,
        "authenticationfailure",
        r"\(AuthenticationFailure\)|AuthenticationFailure on ",
    ),
    pattern("redis-wrongpass", _DB, "invalid password", r"\bERR invalid password\b"),
    pattern("redis-noauth", _DB, "noauth", r"\bNOAUTH\b"),
    pattern(
        "redis-noauth",
        _DB,
        "without any password",
        r"ERR (?:Client sent AUTH, but no password is set|AUTH <password> called without any password)",
        unexpected="yes",
    ),
    pattern(
        "db-auth",
        _DB,
        "authentication failed against",
        rf"Authentication failed against (?:the )?database server(?: at {_named('host')})?"
        rf"(?:[^\n]{{0,60}}?credentials for {_named('user')})?",
    ),
    pattern(
        "db-auth",
        _DB,
        "was denied access on the database",
        rf"User {_named('user1')} was denied access on the database {_named('database')}",
    ),
    pattern(
        "mysql-host-denied",
        _DB,
        "is not allowed to connect to this",
        rf"Host {_named('host')} is not allowed to connect to this (?:MySQL|MariaDB) server",
    ),
    pattern(
        "table-missing",
        _DB,
        "doesn't exist|the table |no such table|invalid object name",
        rf"\bTable {_named('table')} doesn't exist|The table {_named('table1')} does not exist"
        rf"|\bno such table: (?P<table2>[\w.]{{1,128}})|Invalid object name {_named('table3')}",
    ),
    pattern(
        "kafka-auth",
        _DB,
        "not authorized to access topic",
        r"Not authorized to access topics?: \[?(?P<topic>[\w.-]{1,249})",
    ),
    pattern(
        "kafka-auth",
        _DB,
        "saslauthenticationexception|topicauthorizationexception",
        r"\b(?:SaslAuthentication|TopicAuthorization)Exception\b",
    ),
    pattern(
        "pool-exhausted",
        _DB,
        "connection is not available|queuepool limit|connection pool|acquiretimeout|timeout acquiring"
        "|couldn't get a connection",
        r"(?:(?P<pool>[\w.-]{1,80}) - )?Connection is not available, request timed out|QueuePool limit of size"
        r"|Timed out fetching a new connection from the connection pool|ConnectionAcquireTimeoutError"
        r"|connection pool has been exhausted|Timeout acquiring a connection\. The pool|redis: connection pool timeout"
        r"|PoolTimeout: couldn't get a connection",
    ),
)
