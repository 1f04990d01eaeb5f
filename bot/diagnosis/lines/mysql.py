"""What MySQL, MariaDB and their drivers say when they refuse a client.

https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
"""

from bot.diagnosis.lines.pattern import Pattern, pattern
from bot.diagnosis.lines.quoted import DATABASE, named

# First: they begin like a refused password.
_BLOCKED: tuple[Pattern, ...] = (
    pattern(
        "mysql-login-blocked",
        DATABASE,
        "account is locked",
        rf"Access denied for user {named('user')}@{named('host')}[^\n]{{0,4}}Account is locked",
        state="locked",
    ),
    pattern(
        "mysql-login-blocked",
        DATABASE,
        "your password has expired|must reset your password",
        r"Your password has expired\. To log in|You must reset your password using ALTER USER",
        state="expired",
    ),
    pattern(
        "mysql-login-blocked",
        DATABASE,
        "public key retrieval",
        r"Public Key Retrieval is not allowed",
        state="public-key",
    ),
    pattern(
        "mysql-login-blocked",
        DATABASE,
        "authentication p|authentication m|native password|'cryptography' package|is not loaded|unknown plugin",
        r"Client does not support authentication protocol requested by server|Authentication plugin '(?P<plugin>[\w-]{1,64})' cannot be"
        r"|Plugin '(?P<plugin1>mysql_\w{1,60}|caching_\w{1,60}|sha256_\w{1,60})' is not loaded"
        r"|requested authentication method unknown to the client(?: \[(?P<plugin2>[\w-]{1,64})\])?"
        r"|Server requests authentication using unknown plugin (?P<plugin3>[\w-]{1,64})"
        r"|this user requires mysql native password authentication|this authentication plugin is not supported"
        r"|'cryptography' package is required for sha256_password or caching_sha2_password",
        state="plugin",
    ),
)
PATTERNS: tuple[Pattern, ...] = (
    *_BLOCKED,
    pattern(
        "mysql-command-denied",
        DATABASE,
        "command denied to user",
        rf"(?P<privilege>(?-i:[A-Z][A-Z ,]{{2,40}})) command denied to user {named('user')}@{named('host')} for (?P<kind>table|column|routine)"
        r" (?:[`'\"](?P<database>[\w$-]{1,64})[`'\"]\.)?[`'\"](?P<object>[\w$.-]{1,128})[`'\"]",
    ),
    pattern(
        "mysql-command-denied",
        DATABASE,
        "access denied; you need",
        r"Access denied; you need (?:\(at least one of\) )?the (?P<privilege1>[A-Z_ ,]{3,80}?) privilege\(s\) for this operation",
    ),
    pattern(
        "mysql-database-denied",
        DATABASE,
        "access denied for user",
        rf"Access denied for user {named('user')}@{named('host')} to database {named('database')}",
    ),
    pattern(
        "mysql-access-denied",
        DATABASE,
        "access denied for user",
        rf"Access denied for user {named('user')}@{named('host')}(?: \(using password: (?P<password>YES|NO)\))?",
    ),
    pattern(
        "mysql-access-denied",
        DATABASE,
        "1045|er_access_denied_error",
        rf"(?:\bER_ACCESS_DENIED_ERROR\b|\b(?:ERROR|errno|code):? ?1045\b(?= ?[(:,\])]|$)|[(\[]1045[,)\]])(?:[^\n]{{0,200}}?{named('user1')}@{named('host1')})?",
    ),
    pattern("mysql-database-missing", DATABASE, "unknown database", rf"Unknown database {named('database')}"),
    pattern(
        "mysql-too-many-connections",
        DATABASE,
        "1040|too many connections|max_user_connections|has exceeded the",
        r"\b(?:ERROR|errno|code):? ?1040\b(?= ?[(:,\])]|$)|[(\[]1040[,)\]]|\(08004\)"
        r"|(?:^|[\s:\"'])Too many connections(?=[\"'),.;\]]|\s*$)"
        r"|has (?:already )?more than 'max_user_connections'"
        r"|has exceeded the '(?P<limit>max_\w{1,40})' resource",
    ),
    pattern(
        "mysql-host-denied",
        DATABASE,
        "is not allowed to connect to this",
        rf"Host {named('host')} is not allowed to connect to this (?:MySQL|MariaDB) server",
    ),
)
