"""Which line of a container's log says that a database does not let it in, and of which kind that is. Pure.

The last one near the end decides. What was retried and then worked is no refusal, and what the network says of another
server is none of a database.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice, takewhile

from bot.diagnosis.database.aftermath import FATAL, FRAME, long_ago, other_error, success_in
from bot.diagnosis.database.engines import named_engine, of_a_database
from bot.diagnosis.database.speaker import Serves, quoted, refused_itself
from bot.diagnosis.database.variables import PORTS
from bot.diagnosis.lines.known import KnownLine, known_lines
from bot.diagnosis.lines.translated import UNENCRYPTED
from bot.diagnosis.signatures import ErrorLine

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
    """`engine` is postgres, mysql, mongo, redis, or empty where the line names none. `then` is an error about something else
    that follows. `quoted`: the line holds what somebody else said. `guessed`: only that the settings name no other server
    speaks for a database.
    """

    trouble: Trouble
    engine: str
    line: KnownLine
    then: ErrorLine | None = None
    quoted: bool = False
    guessed: bool = False

    @property
    def sure(self) -> bool:
        """Whether nothing else ended the process after it, as far as its log tells."""
        return self.then is None or self.then.strength < FATAL

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
# Java's way and .NET's.
_CAUSE = re.compile(r"Caused by: |\s{0,8}---> ")
_EXCEPTION = re.compile(
    r"(?:Caused by: |\s{0,8}---> )?(?:[\w.$ -]{0,80}[:.] )?(?:[A-Za-z][\w$]*\.){1,12}\w*(?:Exception|Error)\b"
)
# Python names no server with what the network said: the frames above tell whose it is.
_PYTHON = re.compile(r"(?:socket\.(?:gaierror|timeout)|(?:Connection\w*|Timeout|OS)Error): ")
_PYTHON_FRAME = re.compile(r"\s+File \"(?P<path>[^\"]{1,300})\"|\s")
# How many lines a stack may have above the cause.
_A_STACK = 150
_PASSWORD = re.compile(r"password authentication failed for user \\?[\"“«](?P<user>[^\"”»\\\n]{1,128})")


@dataclass(frozen=True, slots=True)
class Ear:
    """How the log of a container is to be heard. `hosts` are the database servers that the settings name, `alone`: and no
    other server. `serves` is what the container is to others; its own records may bear the name of its `pod`.
    """

    hosts: frozenset[str] = frozenset()
    alone: bool = False
    serves: Serves = Serves.NOTHING
    pod: str = ""


_PLAIN = Ear()


def find_refusal(lines: Sequence[str], ear: Ear = _PLAIN) -> Refusal | None:
    told = [line for line in _refusing_lines(lines, ear) if _itself(line, lines, ear)]
    if not told:
        return None
    line = _the_password(told) or _the_named(told, lines)
    last = told[-1].index
    if success_in(lines[last + 1 :]) or long_ago(lines, last):
        return None
    engine = _engine(line) or _caused(line, lines)
    guessed = line.family == "network" and not (_of_database(line, ear.hosts) or _caused(line, lines))
    said = lines[line.index]
    by_others = quoted(said) and not (ear.pod and ear.pod in said)
    return Refusal(_trouble(line), engine, line, other_error(lines, last), by_others, guessed)


def _refusing_lines(lines: Sequence[str], ear: Ear) -> list[KnownLine]:
    """Those that tell of a database that refuses somebody, whoever that is, or that cannot be reached."""
    return [
        line
        for line in known_lines(lines)
        if _of_database(line, ear.hosts) or _caused(line, lines) or (ear.alone and _unnamed(line, lines))
    ]


def of_clients(lines: Sequence[str], ear: Ear) -> str:
    """The last line with which a server refuses somebody else; empty where there is none."""
    told = (line.text for line in reversed(_refusing_lines(lines, ear)) if not _itself(line, lines, ear))
    return next(told, "")


def _itself(line: KnownLine, lines: Sequence[str], ear: Ear) -> bool:
    return refused_itself(lines[line.index], ear.serves, network=line.family == "network")


def _unnamed(line: KnownLine, lines: Sequence[str]) -> bool:
    """Python's error of a socket, with nothing that tells whose."""
    python = _PYTHON.match(lines[line.index]) is not None
    return python and line.family == "network" and not line.facts.get("host")


def _trouble(line: KnownLine) -> Trouble:
    """Prisma says of a login and of a right that they are denied; only a right is one to a database."""
    if line.id == "db-auth" and line.facts.get("database"):
        return Trouble.PERMISSION
    return _TROUBLES[line.id]


def same_refusal(refusal: Refusal, lines: Sequence[str]) -> Refusal | None:
    """The refusal that these lines tell, if it is of the same kind, by the same engine and, on the network, the same host."""
    hosts = frozenset({refusal.fact("host")} - {""})
    found = find_refusal(lines, Ear(hosts))
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
    return known or bool(_engine(line)) or of_a_database(line.text)


def _caused(line: KnownLine, lines: Sequence[str]) -> str:
    """The engine whose driver ends in what the network said: Java gives that as the cause, without the server's name."""
    if line.family != "network":
        return ""
    text = lines[line.index]
    above = islice(reversed(lines[: line.index]), _A_STACK)
    if _PYTHON.match(text):
        frames = takewhile(bool, (_PYTHON_FRAME.match(one) for one in above))
        return next((found for one in frames if one and (found := named_engine(one["path"] or ""))), "")
    if not _CAUSE.match(text):
        return ""
    for one in above:
        # Other causes between are of the network too: the driver's own exception is the nearest that names one.
        named = _EXCEPTION.match(one)
        if named and (found := named_engine(named[0])):
            return found
        if not FRAME.match(one) and not _CAUSE.match(one):
            break
    return ""


def _engine(line: KnownLine) -> str:
    prefix = line.id.partition("-")[0]
    if prefix in {"postgres", "mysql", "mongo", "redis"}:
        return prefix
    if engine := PORTS.get(line.facts.get("port", "")):
        return engine
    return named_engine(line.text)


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


def _the_named(told: Sequence[KnownLine], lines: Sequence[str]) -> KnownLine:
    """A driver that prints its error as an object repeats below, as a bare code, what the line above has said; one that
    gives its cause below has named the server above.
    """
    last = told[-1]
    if any(last.facts.values()):
        return last
    within = _CAUSE.match(lines[last.index]) is not None or lines[last.index][:1].isspace()
    for line in reversed(told[:-1]):
        between = lines[line.index + 1 : last.index]
        apart = not within or any(one.strip() and not FRAME.match(one) for one in between)
        if last.index - line.index > _AN_OBJECT or not any(line.facts.values()):
            continue
        if line.id == last.id or (not apart and line.family == last.family == "database"):
            return line
        if not apart and line.family == last.family:
            return replace(line, id=last.id)
    return last
