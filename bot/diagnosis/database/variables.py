"""What the variables of a container mean to a database: user, password, database, host, or a URL of all. Pure.

By name, for names are all that can be known of a Secret; and by what a URL holds. No password is ever taken out of one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.diagnosis.expansion import UNREADABLE


class Role(StrEnum):
    USER = "user"
    PASSWORD = "password"  # noqa: S105 -- what a variable is for, not a secret
    DATABASE = "database"
    HOST = "host"
    PORT = "port"
    URL = "url"


_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(rf"(?:.*_)?(?:DB|PG|SQL|MYSQL|POSTGRES|MONGO|MONGODB|REDIS)?(?:{pattern})"))
    for role, pattern in (
        (Role.URL, r"URL|URI|DSN|JDBC|CONNECTION|CONNECTION_STRING|CONN_?STR"),
        (Role.USER, r"USER|USER_?NAME|LOGIN|ROLE"),
        (Role.PASSWORD, r"PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|AUTH"),
        (Role.HOST, r"HOST|HOST_?NAME|SERVER|ADDR|ADDRESS|ENDPOINT"),
        (Role.PORT, r"PORT"),
        (Role.DATABASE, r"DATABASE|DATABASE_?NAME|DB|DB_?NAME|SCHEMA"),
    )
)
_WORDS = {
    "postgres": re.compile(r"POSTGRES|(?:^|_)(?:PG|PSQL)"),
    "mysql": re.compile(r"MYSQL|MARIADB"),
    "mongo": re.compile(r"MONGO"),
    "redis": re.compile(r"REDIS|VALKEY"),
}
_GENERAL = re.compile(
    r"(?:^|_)(?:DB(?!US(?:_|$))\w*|[A-Z0-9]*DB|DATABASE|DATASOURCE|SQL\w*|JDBC|RDS|GORM|PRISMA|DSN)(?:_|$)"
)
PORTS: Mapping[str, str] = {
    "5432": "postgres",
    "6432": "postgres",
    "3306": "mysql",
    "27017": "mongo",
    "6379": "redis",
    "6380": "redis",
    "26379": "redis",
}
ENGINES = ("postgres", "mysql", "mongo", "redis")
_CACHE = re.compile(r"(?:^|_)(?:CACHE|CELERY|BROKER)(?:_|$)")


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper())


def role_of(name: str) -> Role | None:
    """What a name says; `SPRING_DATASOURCE_USERNAME`, `PGUSER`, `DB_USER` and `spring.datasource.username` are users."""
    plain = _plain(name)
    return next((role for role, pattern in _ROLES if pattern.fullmatch(plain)), None)


def of_database(name: str, engine: str = "") -> bool:
    """Whether a name speaks of a database: of this engine or of none in particular; of any where no engine is given."""
    plain = _plain(name)
    named = {one for one, pattern in _WORDS.items() if pattern.search(plain)}
    if named:
        return not engine or engine in named
    return (_CACHE if engine == "redis" else _GENERAL).search(plain) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL or DSN says, its password left out; None is not said."""

    user: str | None = None
    host: str | None = None
    port: str | None = None
    database: str | None = None
    options: str = ""


_URL = re.compile(
    r"(?:jdbc:)?[a-z][a-z0-9+.-]*://(?:(?P<user>[^:/?#@\s]*)(?::[^\s]*?)?@)?"
    r"(?P<host>\[[^\]]+\]|[^:/?#,@\s\[]*)(?::(?P<port>\d+))?[^/?#\s]*(?:/(?P<database>[^?#\s;]*))?(?:[?;](?P<options>\S*))?",
    re.IGNORECASE,
)
# https://github.com/go-sql-driver/mysql#dsn-data-source-name
_GO_MYSQL = re.compile(
    r"(?P<user>[^:@\s]*)(?::\S*)?@(?:tcp|unix)\((?P<host>[^:)]*)(?::(?P<port>\d+))?\)/(?P<database>[^?\s]*)(?:\?(?P<options>\S*))?"
)
_PAIR = re.compile(r"(?:^|[\s;])(?P<key>[\w ]{2,20}?)\s*=\s*(?P<value>'[^']*'|[^\s;]*)")
_KEYS = {
    "user": "user",
    "username": "user",
    "uid": "user",
    "userid": "user",
    "host": "host",
    "server": "host",
    "port": "port",
    "dbname": "database",
    "database": "database",
}


def address_of(value: str) -> Address | None:
    """None for what is no address of a database. Credentials in the query of a JDBC URL count as well."""
    text = value.strip()
    for form in (_GO_MYSQL, _URL):
        if match := form.fullmatch(text):
            options = match["options"] or ""
            user = _said(match["user"]) or _option(options, "user")
            host, port, database = (_said(match[name]) for name in ("host", "port", "database"))
            return Address(user, host, port, database, options)
    pairs = {
        _KEYS[key]: _said(match["value"].strip("'"))
        for match in _PAIR.finditer(text)
        if (key := match["key"].lower().replace(" ", "")) in _KEYS
    }
    if len(pairs) < 2:
        return None
    return Address(pairs.get("user"), pairs.get("host"), pairs.get("port"), pairs.get("database"))


def _option(options: str, name: str) -> str | None:
    found = re.search(rf"(?:^|[&;]){name}=([^&;]*)", options)
    return _said(found[1]) if found else None


def _said(part: str | None) -> str | None:
    return None if not part or UNREADABLE in part else part.replace("%40", "@")
