"""What databases and their drivers say when they refuse a client: PostgreSQL, MySQL, MongoDB, Redis.

The SQLSTATE or error code is tried first, because the text is in the language of the server.
https://www.postgresql.org/docs/current/errcodes-appendix.html
https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
"""

from bot.diagnosis.lines.pattern import Pattern, pattern

_DB = "database"
# Quotes of many languages: "x" 'x' «x» „x“ `x` 'x'.
_QUOTES = "\"'`«»„“”‘’"
_Q = rf"[{_QUOTES}]"


def _named(fact: str) -> str:
    return rf"{_Q}(?P<{fact}>[^{_QUOTES}\n]{{1,128}}){_Q}"


def _by_code(id_: str, code: str, fact: str) -> tuple[Pattern, ...]:
    """A code with the name beside it, so that a name is found in any language; an envelope may keep the two apart."""
    name, said = rf"{_Q}(?P<{fact}>\s?\w[^{_QUOTES}\n]{{0,127}}){_Q}", _code(code)
    return (
        pattern(id_, _DB, code.lower(), rf"{name}[^{_QUOTES}\n]{{0,200}}\Z", anchor=said),
        pattern(id_, _DB, code.lower(), name, anchor=said),
        pattern(id_, _DB, code.lower(), rf"{said}(?:[^{_QUOTES}\n]{{0,200}}?{name})?"),
    )


def _code(code: str) -> str:
    """A number is a code only where it is called one, or stands as drivers put it; an address may hold any."""
    if not code.isdecimal():
        return rf"(?<![\w/#?&-]){code}\b"
    return rf"(?:(?:SQLSTATE|code|errcode|errno|state)[^\w\n]{{0,4}}{code}\b|[(\[]{code}[)\]]|: {code}: )"


PATTERNS: tuple[Pattern, ...] = (
    # First: a driver that may try again without encryption tells of pg_hba behind it, on the same line.
    pattern(
        "postgres-password",
        _DB,
        "password authentication failed|authentication failed for user",
        rf"(?:password|PAM|LDAP|SCRAM|GSSAPI|peer|ident)[\w-]{{0,12}} authentication failed for user {_named('user')}",
    ),
    pattern(
        "postgres-password",
        _DB,
        "passwort-authentifizierung|인증을 실패|authentification par mot de passe|autentificaci|パスワード認証|认证失败"
        "|проверку подлинности|autenticazione con password|do tipo senha falhou|autoryzacja hasłem|lösenordsautentisering",
        rf"Passwort-Authentifizierung für Benutzer {_named('user')} fehlgeschlagen"
        rf"|사용자 {_named('user1')}의 password 인증을 실패"
        rf"|authentification par mot de passe échouée pour l.utilisateur {_named('user2')}"
        rf"|autentificación password falló para el usuario {_named('user3')}"
        rf"|ユーザー ?{_named('user4')} ?のパスワード認証に失敗|用户 ?{_named('user5')} ?Password 认证失败"
        rf"|пользователь {_named('user6')} не прошёл проверку подлинности"
        rf"|autenticazione con password fallita per l.utente {_named('user7')}"
        rf"|autenticação do tipo senha falhou para o usuário {_named('user8')}"
        rf"|autoryzacja hasłem nie powiodła się dla użytkownika {_named('user9')}"
        rf"|lösenordsautentisering misslyckades för användare {_named('user10')}",
    ),
    # The server asks for one and the client has none: libpq, JDBC, node-postgres, Npgsql.
    pattern(
        "postgres-password",
        _DB,
        "no password supplied|no password was provided|client password must be a|no password has been provided",
        r"fe_sendauth: no password supplied|requested [\w-]{1,20} authentication, but no password was provided"
        r"|SCRAM-SERVER-FIRST-MESSAGE: client password must be a|No password has been provided but the backend requires",
        password="NO",  # noqa: S106 -- what MySQL calls it, not a password
    ),
    # PgBouncer, which tells no more: https://www.pgbouncer.org/config.html#authentication-settings
    pattern(
        "postgres-password",
        _DB,
        "authentication failed",
        r"\bFATAL:? {1,2}(?:SASL|password) authentication failed(?! for)",
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
        "postgres-hba",
        _DB,
        "pg_hba",
        rf"{_named('host')}[^{_QUOTES}\n]{{1,30}}{_named('user')}(?:[^{_QUOTES}\n]{{1,30}}{_named('database')})?",
        anchor=_code("28000"),
    ),
    pattern(
        "postgres-hba",
        _DB,
        "pg_hba",
        r"no pg_hba\.conf entry|pg_hba\.conf[^\n]{0,20}?(?:reject|거부|ablehn)"
        rf"|{_code('28000')}[^\n]{{0,400}}?pg_hba\.conf",
    ),
    pattern("postgres-hba", _DB, "pg_hba", r"pg_hba\.conf", anchor=_code("28000")),
    *_by_code("postgres-password", "28P01", "user"),
    pattern(
        "postgres-role-missing",
        _DB,
        "does not exist|is not permitted to log in|no such user",
        # Not what a GRANT in a migration misses (42704), nor a cache.
        rf"role {_named('user')} (?:does not exist(?=\W{{0,3}}$|[^\w\n]{{0,3}}[(,.;\\\"])|is not permitted to log in)"
        r"(?![^\n]{0,40}42704)|\b(?:FATAL|pq): {1,2}no such user: (?P<user1>[\w.-]{1,63})",
    ),
    pattern(
        "postgres-database-missing",
        _DB,
        "does not exist|no such database",
        rf"\bdatabase {_named('database')} does not exist"
        r"|\b(?:FATAL|pq): {1,2}no such database: (?P<database1>[\w.-]{1,63})",
    ),
    *_by_code("postgres-database-missing", "3D000", "database"),
    pattern(
        "postgres-too-many-connections",
        _DB,
        "53300|too many clients|remaining connection slots|too many connections for|max_client_conn",
        rf"{_code('53300')}|sorry, too many clients already|remaining connection slots are reserved"
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
        rf"{_named('constraint1')}[^{_QUOTES}\n]{{1,40}}{_named('relation1')}",
        anchor=_code("42704"),
    ),
    pattern(
        "postgres-undefined-table", _DB, "does not exist", rf"\brelation {_named('relation')} does not exist"
    ),
    *_by_code("postgres-undefined-table", "42P01", "relation"),
    pattern(
        "postgres-permission",
        _DB,
        "permission denied for",
        r"permission denied for (?P<kind>table|relation|schema|database|sequence|view|function|tablespace|language)"
        r" [\"']?(?P<object>[\w$.-]{1,128})",
    ),
    *_by_code("postgres-permission", "42501", "object"),
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
    pattern(
        "mysql-access-denied",
        _DB,
        "1045",
        rf"(?:\b(?:ERROR|errno|code):? ?1045\b(?= ?[(:,\])]|$)|[(\[]1045[,)\]])(?:[^\n]{{0,200}}?{_named('user1')}@{_named('host1')})?",
    ),
    # Behind what MySQL says with the same SQLSTATE.
    *_by_code("postgres-role-missing", "28000", "user"),
    pattern("mysql-database-missing", _DB, "unknown database", rf"Unknown database {_named('database')}"),
    pattern(
        "mysql-too-many-connections",
        _DB,
        "1040|too many connections|max_user_connections",
        r"\b(?:ERROR|errno|code):? ?1040\b(?= ?[(:,\])]|$)|[(\[]1040[,)\]]|\(08004\)"
        r"|(?:^|[\s:\"'])Too many connections(?=[\"'),.;\]]|\s*$)"
        r"|has (?:already )?more than 'max_user_connections'",
    ),
    pattern(
        "mongo-auth",
        _DB,
        "authentication failed|authenticationfailed|auth error|mongosecurityexception",
        # Azure's services have a code of the same name.
        r"\bAuthenticationFailed\b(?![^\n]{0,40}Server failed to authenticate)|MongoServerError: Authentication failed"
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
    pattern(
        "redis-wrongpass",
        _DB,
        "wrongpass|invalid username-password pair",
        r"(?-i:\bWRONGPASS\b)|redis[\w.]{0,60}AuthenticationError: invalid username-password pair",
    ),
    pattern(
        "redis-wrongpass",
        _DB,
        "authenticationfailure",
        r"\(AuthenticationFailure\)|AuthenticationFailure on ",
    ),
    pattern("redis-wrongpass", _DB, "invalid password", r"\bERR invalid password\b"),
    # redis-py takes the word at its beginning off.
    pattern(
        "redis-noauth",
        _DB,
        "noauth|authentication required",
        r"(?-i:\bNOAUTH\b)|redis[\w.]{0,60}AuthenticationError: Authentication required",
    ),
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
        rf"\bTable {_named('table')} doesn't exist(?! yet)|The table {_named('table1')} does not exist"
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
