"""What databases and their drivers say when they refuse a client; MongoDB, Redis and what is of several kinds stand here."""

from bot.diagnosis.lines import mysql, postgres
from bot.diagnosis.lines.pattern import Pattern, pattern
from bot.diagnosis.lines.quoted import DATABASE, named

PATTERNS: tuple[Pattern, ...] = (
    # Prisma says it of every kind of server.
    pattern(
        "database-missing",
        DATABASE,
        "does not exist on the database server",
        rf"Database {named('database')} does not exist on the database server"
        r"(?: at [`'\"]?(?P<host>[\w.-]{1,253})[`'\"]?:[`'\"]?(?P<port>\d{1,5}))?",
    ),
    *postgres.PATTERNS,
    *mysql.PATTERNS,
    *postgres.BEHIND_MYSQL,
    pattern(
        "mongo-auth",
        DATABASE,
        "authentication failed|authenticationfailed|auth error|mongosecurityexception",
        # Azure's services have a code of the same name.
        r"\bAuthenticationFailed\b(?![^\n]{0,40}Server failed to authenticate)|MongoServerError: Authentication failed"
        r"|auth error: sasl conversation error|code(?:Name)?\W{1,4}18\b[^\n]{0,80}?Authentication failed"
        r"|Authentication failed\.?[^\n]{0,80}?code\W{1,4}18\b|MongoSecurityException[^\n]{0,80}?authenticat"
        r"|\bSCRAM failure: Authentication failed",
    ),
    pattern("mongo-auth", DATABASE, "bad auth", r"\bbad auth ?: ?authentication failed"),
    pattern(
        "mongo-noauth",
        DATABASE,
        "requires authentication|no users authenticated",
        r"\bcommand \w{1,40} requires authentication|there are no users authenticated",
        password="NO",  # noqa: S106 -- what MySQL calls it, not a password
    ),
    pattern(
        "mongo-unauthorized",
        DATABASE,
        "not authorized on",
        r"not authorized on (?P<database>[\w-]{1,63}) to execute command(?: \{ ?(?P<object>\w{1,40}))?",
    ),
    pattern(
        "redis-noperm",
        DATABASE,
        "no permissions to run",
        r"(?:\bUser (?P<user>[^\s'\"]{1,64})|this user) has no permissions to run the '(?P<object>[\w|.-]{1,64})' command",
        kind="command",
    ),
    pattern(
        "redis-noperm",
        DATABASE,
        "no permissions to access",
        r"no permissions to access (?:a|one of the) (?P<kind>key|channel)",
    ),
    pattern("redis-noperm", DATABASE, "noperm", r"(?-i:\bNOPERM\b)"),
    pattern(
        "redis-too-many-connections",
        DATABASE,
        "max number of clients",
        r"max number of clients (?:\+ cluster connections )?reached",
    ),
    pattern("redis-protected", DATABASE, "protected mode", r"DENIED Redis is running in protected mode"),
    pattern(
        "redis-wrongpass",
        DATABASE,
        "wrongpass|invalid username-password pair",
        r"(?-i:\bWRONGPASS\b)|redis[\w.]{0,60}AuthenticationError: invalid username-password pair",
    ),
    pattern(
        "redis-wrongpass",
        DATABASE,
        "authenticationfailure",
        r"\(AuthenticationFailure\)|AuthenticationFailure on ",
    ),
    pattern("redis-wrongpass", DATABASE, "invalid password", r"\bERR invalid password\b"),
    # redis-py takes the word at its beginning off.
    pattern(
        "redis-noauth",
        DATABASE,
        "noauth|authentication required",
        r"(?-i:\bNOAUTH\b)|redis[\w.]{0,60}AuthenticationError: Authentication required",
    ),
    pattern(
        "redis-noauth",
        DATABASE,
        "without any password",
        r"ERR (?:Client sent AUTH, but no password is set|AUTH <password> called without any password)",
        unexpected="yes",
    ),
    pattern(
        "db-auth",
        DATABASE,
        "authentication failed against",
        rf"Authentication failed against (?:the )?database server(?: at {named('host')})?"
        rf"(?:[^\n]{{0,60}}?credentials for {named('user')})?",
    ),
    pattern(
        "db-auth",
        DATABASE,
        "was denied access on the database",
        rf"User {named('user1')} was denied access on the database {named('database')}",
    ),
    pattern(
        "table-missing",
        DATABASE,
        "doesn't exist|the table |no such table|invalid object name",
        rf"\bTable {named('table')} doesn't exist(?! yet)|The table {named('table1')} does not exist"
        rf"|\bno such table: (?P<table2>[\w.]{{1,128}})|Invalid object name {named('table3')}",
    ),
    pattern(
        "kafka-auth",
        DATABASE,
        "not authorized to access topic",
        r"Not authorized to access topics?: \[?(?P<topic>[\w.-]{1,249})",
    ),
    pattern(
        "kafka-auth",
        DATABASE,
        "saslauthenticationexception|topicauthorizationexception",
        r"\b(?:SaslAuthentication|TopicAuthorization)Exception\b",
    ),
    pattern(
        "pool-exhausted",
        DATABASE,
        "connection is not available|queuepool limit|connection pool|acquiretimeout|timeout acquiring"
        "|couldn't get a connection",
        r"(?:(?P<pool>[\w.-]{1,80}) - )?Connection is not available, request timed out|QueuePool limit of size"
        r"|Timed out fetching a new connection from the connection pool|ConnectionAcquireTimeoutError"
        r"|connection pool has been exhausted|Timeout acquiring a connection\. The pool|redis: connection pool timeout"
        r"|PoolTimeout: couldn't get a connection",
    ),
)
