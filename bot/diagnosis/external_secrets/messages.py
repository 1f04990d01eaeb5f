"""What the API server, ArgoCD, the operator and the providers say when secrets do not come, taken apart. Pure.

Only wordings that mean one thing are known here; whatever else is said is quoted by whoever asked.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.diagnosis.external_secrets.logins import login

GROUP = "external-secrets.io"

# https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apiserver/conversion/webhook_converter.go
_CONVERSION = re.compile(r"conversion webhook for ([\w.-]+)/(v\w+), ?Kind=(\w+) failed")
_SERVICE = re.compile(r"https?://([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b")
# https://github.com/argoproj/argo-cd/blob/master/controller/sync.go: it rewords "could not find the requested resource".
_NO_MATCH = re.compile(r'no matches for kind \\?"(\w+)\\?" in version \\?"([\w.-]+)/(v\w+)\\?"')
_NO_VERSION = re.compile(r'could not find version \\?"(v\w+)\\?" of ([\w.-]+)/(\w+)')
_NO_KIND = re.compile(r"API could not find ([\w.-]+)/(\w+) for requested resource")
_NO_RESOURCE = "the server could not find the requested resource"
_INSTALLED = re.compile(r'Version \\?"(v\w+)\\?" of [\w.-]+/\w+ is installed')
_NOT_READY_STORE = re.compile(r'\b((?:Cluster)?SecretStore) \\?"([\w.-]+)\\?" is not ready')
_NO_STORE = re.compile(
    r'could not get ((?:Cluster)?SecretStore) \\?"([\w.-]+)\\?"|((?:cluster)?secretstore)s?(?:\.\S+)? \\?"([^"\\]*)\\?" not found',
    re.IGNORECASE,
)
# spec.conditions of a ClusterSecretStore name the namespaces that may use it.
_CLOSED_STORE = re.compile(
    r'using cluster ?(?:secret)?store \\?"([\w.-]+)\\?" is not allowed from namespace', re.IGNORECASE
)
_CLUSTER_STORE = "ClusterSecretStore"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion that the API server asked for in vain. `service` is `namespace/name`, empty where it is not said."""

    group: str
    version: str
    kind: str
    service: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A version that somebody asked the API for and that it does not have; empty where only the kind is known."""

    group: str
    kind: str
    version: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.group, self.kind, self.version

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.version else self.group

    @property
    def crd(self) -> str:
        """The name of its CustomResourceDefinition: all kinds of the operator have a plain plural."""
        return f"{self.kind.lower()}s.{self.group}"


class Failure(StrEnum):
    DENIED = "denied"
    MISSING = "missing"
    STORE = "store"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Denial:
    """Who may not do what, as far as the provider says it. `ambiguous`: it may also mean that there is no such thing."""

    principal: str = ""
    action: str = ""
    resource: str = ""
    ambiguous: bool = False


def conversion(text: str) -> Conversion | None:
    match = _CONVERSION.search(text)
    if match is None:
        return None
    host = _SERVICE.search(text, match.end())
    return Conversion(match[1], match[2], match[3], f"{host[2]}/{host[1]}" if host else "", text)


def of_operator(group: str) -> bool:
    return group == GROUP or group.endswith(f".{GROUP}")


def wanted(texts: Iterable[str]) -> tuple[Wanted, ...]:
    """Every version that is asked for in vain, each once, whatever its group."""
    found = {one.key: one for text in texts for one in _wanted(text)}
    return tuple(found[key] for key in sorted(found))


def _wanted(text: str) -> Iterator[Wanted]:
    for match in _NO_MATCH.finditer(text):
        yield Wanted(match[2], match[1], match[3], text)
    for match in _NO_VERSION.finditer(text):
        yield Wanted(match[2], match[3], match[1], text)
    for match in _NO_KIND.finditer(text):
        yield Wanted(match[1], match[2], "", text)


def no_such_resource(text: str) -> bool:
    """What the API server says of a kind or a version that it does not serve, without naming it."""
    return _NO_RESOURCE in text and conversion(text) is None


def installed(text: str) -> str:
    """The version that ArgoCD says is there in place of the one that was asked for."""
    match = _INSTALLED.search(text)
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class NamedStore:
    """The store that an ExternalSecret says it cannot use. `how` is told, absent or closed."""

    kind: str
    name: str
    how: str


def store_named(text: str) -> NamedStore | None:
    if match := _NOT_READY_STORE.search(text):
        return NamedStore(match[1], match[2], "told")
    if match := _CLOSED_STORE.search(text):
        return NamedStore(_CLUSTER_STORE, match[1], "closed")
    if match := _NO_STORE.search(text):
        kind = match[1] or match[3]
        return NamedStore(
            _CLUSTER_STORE if kind.lower().startswith("cluster") else "SecretStore",
            match[2] or match[4],
            "absent",
        )
    return None


_DENIED = re.compile(
    r"(?i:access ?denied|not authorized|unauthorized|unauthenticated|permission ?denied|forbidden)"
    r"|Permission '[^']+' denied|does not have secrets \w+ permission|is not allowed\b"
    r"|(?i:\b(?:status|status ?code|code|error|got)[ =:]{0,2}40[13]\b)|\b40[13] \w"
    r"|\b(?:InvalidClientTokenId|UnrecognizedClientException|ExpiredToken\w*|InvalidSignatureException)\b|\bAADSTS\d+"
)
_MISSING = re.compile(
    r"(?i:secret(?: \S+)? does not exist|secrets? \\?\"?[\w./-]+\\?\"? not found|no secret found|item not found|\bkey not found in\b)"
    r"|(?i:cannot find secret data for key|does not exist in (?:data of )?secret|(?:property|key) \S+ (?:does not exist|not found))"
    r"|ResourceNotFoundException|ParameterNotFound|SecretNotFound|NoSuchKey|code = NotFound"
    r"|was not found in this key vault|can't find the specified secret"
)


def failure(text: str) -> Failure:
    """What kind of failure an ExternalSecret's condition or event tells of."""
    if store_named(text):
        return Failure.STORE
    if login(text) or _DENIED.search(text):
        return Failure.DENIED
    return Failure.MISSING if _MISSING.search(text) else Failure.OTHER


# AWS, GCP, Azure (access policies, then RBAC), Kubernetes, Vault.
_PRINCIPAL = (r"User: (\S+) is not authorized", r"(appid=[\w-]+)", r'User "([^"]+)" cannot')
_ACTION = (
    r"to perform: ([\w:*-]+)",
    r"Permission '([^']+)' denied",
    r"does not have (secrets \w+) permission",
    r"Action: '([^']+)'",
    r'cannot (\w+ resource "[^"]+")',
)
_RESOURCE = (
    r"on resource: ([^\s,]+)",
    r"for resource '([^']+)'",
    r"on key vault '([^';]+)",
    r"Resource: '([^']+)'",
    r"URL: [A-Z]+ (\S+)",
)


def denial(text: str) -> Denial:
    return Denial(
        _first(_PRINCIPAL, text),
        _first(_ACTION, text),
        _first(_RESOURCE, text),
        ambiguous="or it may not exist" in text,
    )


_REMOTE = (
    r"\(key: ([^)]+)\)",
    r"does not exist in (?:data of )?secret \\?\"?([\w./-]+)",
    r"secrets? \\?\"([\w./-]+)\\?\" not found",
    r"name/id\) ([\w-]+) was not found",
    r"Secret \[([^\]]+)\] not found",
)
_PROPERTY = (
    r"secret data for key: \\?\"([^\"\\]+)",
    r"property (\S+) does not exist",
    r"\bkey (\S+) does not exist in secret",
)
_INDEX = re.compile(r"spec\.data\[(\d+)\]")


def remote(text: str) -> tuple[str, str]:
    """The name at the provider and the property in it that are said to be missing, each empty where not said."""
    return _first(_REMOTE, text), _first(_PROPERTY, text)


def entry(text: str) -> int | None:
    """Which entry of `spec.data` the operator stumbled over."""
    match = _INDEX.search(text)
    return int(match[1]) if match else None


def _first(patterns: tuple[str, ...], text: str) -> str:
    matches = (re.search(pattern, text) for pattern in patterns)
    return next((match[1].rstrip(".,;") for match in matches if match), "")
