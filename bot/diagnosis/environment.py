"""The effective environment of a container: which source gives each variable, and what it overrides. Pure.

As the kubelet makes it: `envFrom` in list order, a later source wins; then `env`, which wins over `envFrom`, of equal
names the last. A source that could not be looked at leaves a doubt on what it may override, never a wrong answer. The
variables that Kubernetes adds for Services are not known here.
https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.expansion import ENV_NAME, UNREADABLE, Piece, expanded, referred
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

# What the kubelet adds for each Service; it stands below everything that a pod template says.
_OF_SERVICES = re.compile(r"[A-Z0-9_]+_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)\w*)?)")


class Kind(StrEnum):
    """What a variable comes from; `ENV` is a value that the pod template itself holds."""

    ENV = "env"
    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"  # noqa: S105 -- the kind of an object, not a secret
    FIELD = "field"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Origin:
    """`direct`: an entry of `env`, which may still read a ConfigMap or Secret; else one of `envFrom`."""

    kind: Kind
    name: str = ""
    key: str = ""
    direct: bool = False

    @property
    def object(self) -> str:
        """Like `configmap/NAME`; empty where it is no object."""
        return f"{self.kind.lower()}/{self.name}" if self.kind in {Kind.CONFIG_MAP, Kind.SECRET} else ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.name, self.key)))


@dataclass(frozen=True, slots=True)
class Given:
    """What one source gives. The value is None where it comes from a Secret, is redacted or is not known; what is secret
    within a value stands as `[redacted]`.
    """

    origin: Origin
    value: str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """`overridden` are the sources that lost, the one that lost last first; `doubts` may override what is told here. `parts`
    are the variables that its value is put together from. `literal` are those that it refers to in vain: what is defined only
    later in the list or nowhere stays as `$(NAME)`, and so does every reference within a ConfigMap.
    """

    name: str
    value: str | None
    origin: Origin
    overridden: tuple[Given, ...] = ()
    doubts: tuple[Unavailable, ...] = ()
    parts: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.value is not None and not self.doubts


@dataclass(frozen=True, slots=True)
class Environment:
    """`gaps` are the sources of `envFrom` that may give more variables than these; `lacking` is what the container
    cannot be created without and what is not there, like `configmap/NAME` or `secret/NAME KEY`.
    """

    container: str
    variables: Mapping[str, Variable]
    gaps: tuple[Unavailable, ...] = ()
    lacking: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables.values())

    def get(self, name: str) -> Variable | None:
        return self.variables.get(name)

    def gap_of(self, name: str) -> Unavailable | None:
        """Why it is not certain what this variable is, or whether there is one; None where it is."""
        found = self.variables.get(name)
        return next(iter(self.gaps if found is None else found.doubts), None)


@dataclass(frozen=True, slots=True)
class Settings:
    """The ConfigMaps of a pod template, and what is known of its Secrets, by name."""

    namespace: str
    config_maps: Mapping[str, ConfigMapState | Unavailable] = field(default_factory=dict)
    secrets: Mapping[str, ObjectNote | Unavailable] = field(default_factory=dict)

    def config_map(self, name: str) -> ConfigMapState | Unavailable:
        return self.config_maps.get(name) or self._not_looked("configmaps", name)

    def secret(self, name: str) -> ObjectNote | Unavailable:
        return self.secrets.get(name) or self._not_looked("secrets", name)

    def _not_looked(self, resource: str, name: str) -> Unavailable:
        detail = f"{name} was not looked at"
        return Unavailable(Source.KUBERNETES, Reason.NOT_READY, "get", resource, self.namespace, detail)


def effective(spec: ContainerSpec, settings: Settings) -> Environment:
    making = _Making(settings)
    for source in spec.env_from:
        making.take_all(source)
    for entry in spec.env:
        making.take(entry)
    return making.made(spec.name)


class _Making:
    """The state of the one pass over the sources. What is secret stands as UNREADABLE until all is made."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._given: dict[str, list[Given]] = {}
        self._doubts: dict[str, tuple[Unavailable, ...]] = {}
        self._parts: dict[str, tuple[str, ...]] = {}
        self._literal: dict[str, tuple[str, ...]] = {}
        self._gaps: list[Unavailable] = []
        self._lacking: list[str] = []

    def made(self, container: str) -> Environment:
        found = {name: self._variable(name) for name in sorted(self._given)}
        gaps, lacking = dict.fromkeys(self._gaps), dict.fromkeys(self._lacking)
        return Environment(container, found, tuple(gaps), tuple(lacking))

    def _variable(self, name: str) -> Variable:
        given = [replace(one, value=_readable(one.value)) for one in self._given[name]]
        *lost, won = given
        literal = self._literal.get(name, ())
        if won.origin.kind is Kind.CONFIG_MAP:
            literal = referred(won.value or "")
        made = Variable(name, won.value, won.origin, tuple(reversed(lost)), self._doubts[name])
        return replace(made, parts=self._parts.get(name, ()), literal=literal)

    def take_all(self, source: EnvSource) -> None:
        held = self._all_of(source)
        if isinstance(held, Unavailable):
            if held.reason is not Reason.NOT_FOUND:
                self._doubt_all(held)
            elif not source.optional:
                self._lacking.append(f"{source.kind.lower()}/{source.name}")
            return
        if not held and source.kind == Kind.SECRET:
            self._doubt_all(self._keys_unknown(source.name))
        for key, value in held.items():
            name = source.prefix + key
            if ENV_NAME.fullmatch(name):
                self._put(name, Given(Origin(Kind(source.kind), source.name, key), value))

    def take(self, entry: EnvVar) -> None:
        kind, _, rest = entry.source.partition("/")
        name, _, key = rest.partition("/")
        if kind == "configmap":
            self._take_setting(entry, name, key)
        elif kind == "secret":
            self._take_secret(entry, name, key)
        elif kind in {Kind.FIELD, Kind.RESOURCE}:
            self._put(entry.name, Given(Origin(Kind(kind), rest, direct=True), None))
        else:
            self._take_value(entry)

    def _take_value(self, entry: EnvVar) -> None:
        parts, literal = list[str](), list[str]()

        def read(name: str) -> Piece | None:
            found = self._read(name)
            if name in self._given:
                parts.append(name)
            elif found is None and ENV_NAME.fullmatch(name):
                literal.append(name)
            return found

        value, doubts = expanded(entry.value, read)
        self._put(entry.name, Given(Origin(Kind.ENV, direct=True), value), doubts)
        self._parts[entry.name] = tuple(dict.fromkeys(parts))
        self._literal[entry.name] = tuple(dict.fromkeys(literal))

    def _all_of(self, source: EnvSource) -> Mapping[str, str] | Unavailable:
        if source.kind == Kind.CONFIG_MAP:
            found = self._settings.config_map(source.name)
            return found if isinstance(found, Unavailable) else found.values
        note = self._settings.secret(source.name)
        return note if isinstance(note, Unavailable) else dict.fromkeys(note.keys, UNREADABLE)

    def _take_setting(self, entry: EnvVar, name: str, key: str) -> None:
        origin, found = Origin(Kind.CONFIG_MAP, name, key, direct=True), self._settings.config_map(name)
        if isinstance(found, Unavailable):
            self._unseen(entry, origin, found, (found,))
        elif key in found.values:
            self._put(entry.name, Given(origin, found.values[key]))
        elif not entry.optional:
            self._lacking.append(f"{origin.object} {key}")

    def _take_secret(self, entry: EnvVar, name: str, key: str) -> None:
        """Which source wins is certain without seeing it, unless the entry is optional."""
        origin, note = Origin(Kind.SECRET, name, key, direct=True), self._settings.secret(name)
        if isinstance(note, Unavailable):
            self._unseen(entry, origin, note, (note,) if entry.optional else ())
        elif key in note.keys or not note.keys:
            doubts = (self._keys_unknown(name),) if entry.optional and not note.keys else ()
            self._put(entry.name, Given(origin, UNREADABLE), doubts)
        elif not entry.optional:
            self._lacking.append(f"{origin.object} {key}")

    def _unseen(
        self, entry: EnvVar, origin: Origin, gap: Unavailable, doubts: tuple[Unavailable, ...]
    ) -> None:
        if gap.reason is not Reason.NOT_FOUND:
            value = UNREADABLE if origin.kind is Kind.SECRET else None
            self._put(entry.name, Given(origin, value), doubts)
        elif not entry.optional:
            self._lacking.append(origin.object)

    def _read(self, name: str) -> Piece | None:
        """What `$(name)` stands for at this point of the list; None where it stands for nothing."""
        if given := self._given.get(name):
            return Piece(given[-1].value, self._doubts[name])
        if self._gaps or _OF_SERVICES.fullmatch(name):
            return Piece(None, tuple(self._gaps))
        return None

    def _put(self, name: str, given: Given, doubts: tuple[Unavailable, ...] = ()) -> None:
        self._given.setdefault(name, []).append(given)
        self._parts.pop(name, None)
        self._literal.pop(name, None)
        self._doubts[name] = doubts

    def _doubt_all(self, gap: Unavailable) -> None:
        """Whatever was given before may be overridden by a source that nobody could read."""
        self._gaps.append(gap)
        for name, doubts in self._doubts.items():
            self._doubts[name] = (*doubts, gap)

    def _keys_unknown(self, name: str) -> Unavailable:
        detail = f"nothing tells which keys Secret {name} has"
        place = self._settings.namespace
        return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "secrets", place, detail)


def _readable(value: str | None) -> str | None:
    return None if value == UNREADABLE else value
