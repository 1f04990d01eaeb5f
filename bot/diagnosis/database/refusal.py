"""Which line of a container's log says that a database does not let it in, and of which kind that is. Pure.

The last one near the end decides. What was retried and then worked is no refusal, and what the network says of another
server is none of a database.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from bot.diagnosis.database.variables import PORTS
from bot.diagnosis.lines.known import KnownLine, known_lines
from bot.diagnosis.lines.translated import UNENCRYPTED
from bot.diagnosis.signatures import find_error

# How many lines may follow it, frames of a stack left out.
_NEAR = 40
_FATAL = 100
# How many lines the fields of an error may take, frames of its stack among them.
_AN_OBJECT = 40


class Trouble(StrEnum):
    """What the refusal is about; the words are in templates/*/crashloop_db_auth.yaml."""

    LOGIN = "login"
    USER = "user"
    DATABASE = "database"
    POLICY = "policy"
    PERMISSION = "permission"
    NETWORK = "network"
    CONNECTIONS = "connections"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`engine` is postgres, mysql, mongo, redis, or empty where the line names none. `sure` is False where something
    else ended the process after it, or may have.
    """

    trouble: Trouble
    engine: str
    line: KnownLine
    sure: bool = True

    def fact(self, name: str) -> str:
        return self.line.facts.get(name, "")


_TROUBLES: Mapping[str, Trouble] = {
    "postgres-password": Trouble.LOGIN,
    "mysql-access-denied": Trouble.LOGIN,
    "mongo-auth": Trouble.LOGIN,
    "redis-wrongpass": Trouble.LOGIN,
    "redis-noauth": Trouble.LOGIN,
    "mongo-noauth": Trouble.LOGIN,
    "postgres-login-blocked": Trouble.BLOCKED,
    "mysql-login-blocked": Trouble.BLOCKED,
    "postgres-role-missing": Trouble.USER,
    "postgres-database-missing": Trouble.DATABASE,
    "mysql-database-missing": Trouble.DATABASE,
    "database-missing": Trouble.DATABASE,
    "postgres-hba": Trouble.POLICY,
    "mysql-host-denied": Trouble.POLICY,
    "redis-protected": Trouble.POLICY,
    "postgres-permission": Trouble.PERMISSION,
    "mysql-database-denied": Trouble.PERMISSION,
    "mysql-command-denied": Trouble.PERMISSION,
    "mongo-unauthorized": Trouble.PERMISSION,
    "redis-noperm": Trouble.PERMISSION,
    "postgres-too-many-connections": Trouble.CONNECTIONS,
    "mysql-too-many-connections": Trouble.CONNECTIONS,
    "redis-too-many-connections": Trouble.CONNECTIONS,
    "connection-refused": Trouble.NETWORK,
    "no-such-host": Trouble.NETWORK,
    "dial-timeout": Trouble.NETWORK,
    "no-route": Trouble.NETWORK,
    "unreachable": Trouble.NETWORK,
    "db-auth": Trouble.LOGIN,
}
_ENGINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("postgres", re.compile(r"(?i)postgres|\bpgx\b|\blibpq\b|psycopg|\bpq:|org\.postgresql")),
    ("mysql", re.compile(r"(?i)mysql|mariadb|pymysql")),
    ("mongo", re.compile(r"(?i)mongo")),
    ("redis", re.compile(r"(?i)redis|valkey|lettuce|jedis")),
)
_OF_DATABASE = re.compile(r"(?i)database|datasource|hikari|jdbc|gorm|\bsqlx?\b|sqlalchemy|\bdb\b|\bdb[_-]")
_OVERCOME = re.compile(
    r"(?i)\bconnected to\b|\bconnection (?:\w+ ){0,4}?(?:established|restored|succeeded|successful|ready|ok)\b"
    r"|\bsuccessfully (?:connected|authenticated|opened|logged in)\b|\bdatabase (?:is )?(?:ready|connected|up)\b"
    r"|\bmigrations? (?:\w+ )?(?:applied|completed?|done|finished|up to date)\b|\b(?:listening|serving) (?:on|at)\b"
    r"|\bserver (?:is )?(?:started|ready|running)\b|\bstarted \w+ in \d"
)
# libpq asks: "Is the server running on that host and accepting TCP/IP connections?"; Prisma: "Please make sure …"
_NOT_OVERCOME = re.compile(
    r"(?i)\b(?:not|never|fail\w*|unable|cannot|could not|error|lost|waiting|until|make sure)\b|\?\s*$"
)
_FRAME = re.compile(
    r"^\s|^goroutine \d|^created by |^\t|^[\w./*()-]+\(.*\)$|^exit status \d|^\[signal |^\}|^\]"
)
_CAUSE = "Caused by: "
_EXCEPTION = re.compile(
    r"(?:Caused by: )?(?:[\w.$ -]{0,80}: )?(?:[a-z][\w$]*\.){1,12}\w*(?:Exception|Error)\b"
)
# How many lines a stack may have above the cause.
_A_STACK = 150
_PASSWORD = re.compile(r"password authentication failed for user \\?[\"“«](?P<user>[^\"”»\\\n]{1,128})")


def find_refusal(lines: Sequence[str], hosts: Collection[str] = ()) -> Refusal | None:
    """`hosts` are the database servers that the settings name: what the network says of them counts."""
    told = [line for line in known_lines(lines) if _of_database(line, hosts) or _caused(line, lines)]
    if not told:
        return None
    line = _the_password(told) or _the_named(told)
    if success_in(lines[told[-1].index + 1 :]) or _far(lines, told[-1].index):
        return None
    engine = _engine(line) or _caused(line, lines)
    return Refusal(_trouble(line), engine, line, _last_word(lines, told[-1].index))


def _trouble(line: KnownLine) -> Trouble:
    """Prisma says of a login and of a right that they are denied; only a right is one to a database."""
    if line.id == "db-auth" and line.facts.get("database"):
        return Trouble.PERMISSION
    return _TROUBLES[line.id]


def same_refusal(refusal: Refusal, lines: Sequence[str]) -> Refusal | None:
    """The refusal that these lines tell, if it is of the same kind, by the same engine and, on the network, the same host."""
    hosts = {refusal.fact("host")} - {""}
    found = find_refusal(lines, hosts)
    if found is None or (found.line.id, found.engine) != (refusal.line.id, refusal.engine):
        return None
    return (
        found
        if refusal.trouble is not Trouble.NETWORK or found.fact("host") == refusal.fact("host")
        else None
    )


def _of_database(line: KnownLine, hosts: Collection[str]) -> bool:
    if line.id not in _TROUBLES:
        return False
    if line.family != "network":
        return True
    # A host that was put together in vain has characters that no host has, and no driver's pattern.
    unresolved = any("$(" in host and host in line.text for host in hosts)
    known = unresolved or line.facts.get("host", "") in hosts or line.facts.get("port", "") in PORTS
    return known or bool(_engine(line)) or _OF_DATABASE.search(line.text) is not None


def _caused(line: KnownLine, lines: Sequence[str]) -> str:
    """The engine whose driver ends in what the network said: Java gives that as the cause, without the server's name."""
    if line.family != "network" or not lines[line.index].startswith(_CAUSE):
        return ""
    for text in islice(reversed(lines[: line.index]), _A_STACK):
        # Other causes between are of the network too: the driver's own exception is the nearest that names one.
        named = _EXCEPTION.match(text)
        if found := next((engine for engine, pattern in _ENGINES if named and pattern.search(named[0])), ""):
            return found
        if not _FRAME.match(text) and not text.startswith(_CAUSE):
            break
    return ""


def _engine(line: KnownLine) -> str:
    prefix = line.id.partition("-")[0]
    if prefix in {"postgres", "mysql", "mongo", "redis"}:
        return prefix
    if engine := PORTS.get(line.facts.get("port", "")):
        return engine
    return next((engine for engine, pattern in _ENGINES if pattern.search(line.text)), "")


def _the_password(told: Sequence[KnownLine]) -> KnownLine | None:
    """A client with sslmode=prefer is refused its password over TLS and then tries without, which pg_hba.conf refuses:
    the second refusal hides the first. https://www.postgresql.org/docs/current/libpq-ssl.html
    """
    last = told[-1]
    if last.id != "postgres-hba":
        return None
    if found := _PASSWORD.search(last.text):
        return replace(last, id="postgres-password", facts={"user": found["user"]})
    plain = UNENCRYPTED.search(last.text) is not None
    before = told[-2] if len(told) > 1 else None
    near = before is not None and before.id == "postgres-password" and last.index - before.index <= 2
    return before if plain and near else None


def _the_named(told: Sequence[KnownLine]) -> KnownLine:
    """A driver that prints its error as an object repeats below, as a bare code, what the line above has said."""
    last = told[-1]
    bare = not any(last.facts.values())
    above = (line for line in reversed(told[:-1]) if last.index - line.index <= _AN_OBJECT)
    return next((line for line in above if bare and line.id == last.id and any(line.facts.values())), last)


def success_in(lines: Sequence[str]) -> str:
    """The first line that says that the process got to work; empty where none does."""
    return next((line for line in lines if _OVERCOME.search(line) and not _NOT_OVERCOME.search(line)), "")


def _far(lines: Sequence[str], index: int) -> bool:
    return sum(bool(line.strip()) and not _FRAME.match(line) for line in lines[index + 1 :]) > _NEAR


def _last_word(lines: Sequence[str], index: int) -> bool:
    """Whether nothing fatal follows that is about something else."""
    error = find_error(lines[index + 1 :])
    if error is None or error.strength < _FATAL:
        return True
    return re.search(r"(?i)connect|auth|login|dial|ping", error.text) is not None or any(
        pattern.search(error.text) for pattern in (_OF_DATABASE, *(pattern for _, pattern in _ENGINES))
    )
