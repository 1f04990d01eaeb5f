"""What a container logs in with: which variables hold user, password, database and host, and what overrides what. Pure.

The user that the log names is the surest guide: the variable whose value it is, is the one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.diagnosis.database.variables import ENGINES, PORTS, Address, Role, address_of, of_database, role_of
from bot.diagnosis.environment import Environment, Given, Kind, Origin, Variable
from bot.diagnosis.sources import Unavailable

# The pod that asks, whichever that is.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
_ADDRESS = re.compile(rf"(?:jdbc:)?(?:{'|'.join(ENGINES)}|mariadb)\w*(?:\+\w+)?://", re.IGNORECASE)
_PLACE = re.compile(r"://|^[\w-]+(?:\.[\w-]+)*:\d{2,5}\b")
_SCHEME = re.compile(r"(?:jdbc:)?([a-z]+)", re.IGNORECASE)
_ADDRESSED = {Role.USER: "user", Role.DATABASE: "database", Role.HOST: "host", Role.PORT: "port"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable that has a part in the login. `value` is that part, such as the user within a URL; None is unknown."""

    role: Role
    variable: Variable
    value: str | None

    @property
    def in_url(self) -> bool:
        return role_of(self.variable.name) is Role.URL

    @property
    def origin(self) -> Origin:
        return self.variable.origin

    def part(self, given: Given | Variable) -> str | None:
        """The same part of what another source gives."""
        return _part(self.role, given.value, in_url=self.in_url)


@dataclass(frozen=True, slots=True)
class Override:
    """`winner` gives `value`, and `loser` gives `lost`, None where that cannot be seen."""

    setting: Setting
    value: str
    loser: Origin
    lost: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """`gap` is a source of settings that could not be looked at and may hold what is not found here."""

    user: Setting | None
    password: Setting | None
    database: Setting | None
    host: Setting | None
    port: Setting | None
    url: Setting | None
    gap: Unavailable | None


def login_of(environment: Environment, engine: str, *, user: str = "", database: str = "") -> Login:
    """`user` and `database` are as the log names them, empty where it does not."""
    found = {
        Role.USER: _best(environment, Role.USER, engine, user),
        Role.DATABASE: _best(environment, Role.DATABASE, engine, database),
        Role.HOST: _best(environment, Role.HOST, engine, ""),
        Role.PORT: _best(environment, Role.PORT, engine, ""),
    }
    return Login(
        user=found[Role.USER],
        password=_password(environment, engine, found[Role.USER]),
        database=found[Role.DATABASE],
        host=found[Role.HOST],
        port=found[Role.PORT],
        url=next(_urls(environment, engine), None),
        gap=next(iter(environment.gaps), None),
    )


def engine_of(login: Login) -> str:
    """The kind of server that a URL or a port speaks of; empty where neither does."""
    url = login.url.value if login.url is not None else None
    scheme = _SCHEME.match(url or "")
    if scheme is not None:
        return next((engine for engine in ENGINES if scheme[1].lower().startswith(engine)), "")
    return PORTS.get((login.port.value or "") if login.port is not None else "", "")


def hosts_of(environment: Environment) -> frozenset[str]:
    """The database servers that the settings name, whatever the engine."""
    return frozenset(
        setting.value for setting in _candidates(environment, Role.HOST, "") if setting.value is not None
    )


def speaks_of_databases(environment: Environment) -> bool:
    """Whether it may hold a login at all; what could not be looked at may."""
    may = (
        of_database(one.name)
        or of_database(one.name, "redis")
        # Whatever its name is: nobody sees what a Secret holds.
        or one.origin.kind is Kind.SECRET
        or _ADDRESS.match(one.value or "") is not None
        for one in environment
    )
    return bool(environment.gaps) or any(may)


def names_other_servers(environment: Environment) -> bool:
    """Whether the settings tell of a server that is no database; what could not be looked at may."""
    others = (one for one in environment if not of_database(one.name) and not of_database(one.name, "redis"))
    places = (role_of(one.name) in {Role.HOST, Role.URL} or _PLACE.search(one.value or "") for one in others)
    return bool(environment.gaps) or any(places)


def override_of(setting: Setting | None, said: str) -> Override | None:
    """Where a source that gives something else lost; what can be seen to differ goes before what cannot be seen.

    `said` is what the log names: a variable that holds something else is not what was used.
    """
    if setting is None or (said and setting.value is not None and setting.value != said):
        return None
    value = setting.value or said
    if not value:
        return None
    lost = [(given.origin, setting.part(given)) for given in setting.variable.overridden]
    differing = [(origin, part) for origin, part in lost if part is not None and part != value]
    hidden = [(origin, part) for origin, part in lost if part is None and origin.kind is Kind.SECRET]
    first = next(iter(differing or hidden), None)
    return None if first is None else Override(setting, value, *first)


def _part(role: Role, value: str | None, *, in_url: bool) -> str | None:
    if role is Role.PASSWORD:
        return None
    if value is None or not in_url or role is Role.URL:
        return value
    address = address_of(value) or Address()
    return getattr(address, _ADDRESSED[role])  # type: ignore[no-any-return]  # all of its fields are texts


def _candidates(environment: Environment, role: Role, engine: str) -> Iterator[Setting]:
    for variable in environment:
        its = role_of(variable.name)
        if its is role and of_database(variable.name, engine):
            yield Setting(role, variable, _host(variable.value) if role is Role.HOST else variable.value)
        elif its is Role.URL and of_database(variable.name, engine):
            part = _part(role, variable.value, in_url=True)
            if part is not None or variable.value is None:
                yield Setting(role, variable, part)


def _host(value: str | None) -> str | None:
    """`REDIS_ADDR` and the like hold a port as well."""
    return None if value is None else value.partition(":")[0] if value.count(":") == 1 else value


def _best(environment: Environment, role: Role, engine: str, said: str) -> Setting | None:
    """One that holds what the log names, then one whose value cannot be seen, then any."""
    found = list(_candidates(environment, role, engine))
    if said and not any(setting.value == said for setting in found):
        # A name that nobody would guess; but the variables of another role hold the same text by chance.
        found += (
            Setting(role, variable, variable.value)
            for variable in environment
            if variable.value == said and role_of(variable.name) in {None, role}
        )

    def rank(setting: Setting) -> tuple[bool, bool, bool, bool, str]:
        return (
            not (said and setting.value == said),
            override_of(setting, said) is None,
            setting.value is not None and bool(said),
            setting.in_url,
            setting.variable.name,
        )

    return min(found, key=rank, default=None)


def _password(environment: Environment, engine: str, user: Setting | None) -> Setting | None:
    """The one whose name begins like the user's, for a container may have several logins."""
    if user is not None and user.in_url:
        return Setting(Role.PASSWORD, _within(environment, user.variable), None)
    found = [
        Setting(Role.PASSWORD, variable, None)
        for variable in environment
        if role_of(variable.name) is Role.PASSWORD and of_database(variable.name, engine)
    ]
    if not found and user is not None:
        # Of a tool with names of its own, such as FLYWAY_USER.
        stem = user.variable.name[: user.variable.name.rfind("_") + 1]
        found = [
            Setting(Role.PASSWORD, variable, None)
            for variable in environment
            if stem and variable.name.startswith(stem) and role_of(variable.name) is Role.PASSWORD
        ]
    if not found:
        found = [
            Setting(Role.PASSWORD, _within(environment, url.variable), None)
            for url in _urls(environment, engine)
            if user is None or url.variable.value is None or url.variable.parts
        ]
    near = "" if user is None else user.variable.name
    return min(found, key=lambda one: (-_common(one.variable.name, near), one.variable.name), default=None)


def _within(environment: Environment, url: Variable) -> Variable:
    """The variable that a URL takes its password from, as `postgres://app:$(PASSWORD)@db` does; else the URL itself."""
    parts = [part for name in url.parts if (part := environment.get(name)) is not None]
    named = (part for part in parts if role_of(part.name) is Role.PASSWORD)
    hidden = (
        part for part in parts if part.origin.kind is Kind.SECRET and role_of(part.name) is not Role.USER
    )
    return next(named, None) or next(hidden, url)


def _urls(environment: Environment, engine: str) -> Iterator[Setting]:
    for variable in environment:
        if role_of(variable.name) is Role.URL and of_database(variable.name, engine):
            yield Setting(Role.URL, variable, variable.value)


def _common(one: str, other: str) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
