"""Who may ask what: single permissions taken away, or nothing but what the documents of a manifest grant, as RBAC has it.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.fakes.kubernetes.statuses import Asked

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """`namespace` is EVERYWHERE for what a ClusterRoleBinding gives, which alone reaches lists across namespaces."""

    verb: str
    group: str
    resource: str
    namespace: str

    def allows(self, asked: Asked) -> bool:
        here = self.namespace in {EVERYWHERE, asked.namespace}
        return here and (self.verb, self.group, self.resource) == (asked.verb, asked.group, full(asked))


@dataclass(slots=True)
class Permissions:
    """Everything is allowed but what was denied; with `granted` nothing is allowed but that."""

    denied: list[tuple[str, str, str]] = field(default_factory=list)
    granted: frozenset[Grant] | None = None

    def allow(self, asked: Asked) -> bool:
        if self.granted is not None and not any(grant.allows(asked) for grant in self.granted):
            return False
        actual = (asked.verb, full(asked), asked.namespace)
        return not any(
            all(wanted in {"*", value} for wanted, value in zip(rule, actual, strict=True))
            for rule in self.denied
        )


def full(asked: Asked) -> str:
    """The resource as a Role names it: `pods/log`."""
    return f"{asked.resource}/{asked.sub}" if asked.sub else asked.resource


def grants(manifest: str) -> frozenset[Grant]:
    """What the roles allow that are bound to somebody; a role alone allows nothing."""
    documents = [one for one in yaml.safe_load_all(manifest) if one]
    bound = {
        (one["roleRef"]["kind"], _place(one), one["roleRef"]["name"])
        for one in documents
        if one["kind"] in {"RoleBinding", "ClusterRoleBinding"} and one["subjects"]
    }
    roles = (one for one in documents if one["kind"] in {"Role", "ClusterRole"})
    given = (one for one in roles if (one["kind"], _place(one), one["metadata"]["name"]) in bound)
    return frozenset(allowed_by(given))


def allowed_by(roles: Iterable[dict[str, Any]]) -> Iterator[Grant]:
    """What these roles allow whoever they are bound to."""
    for role in roles:
        for rule in role["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    yield from (Grant(verb, group, resource, _place(role)) for verb in rule["verbs"])


def _place(one: dict[str, Any]) -> str:
    return str(one["metadata"].get("namespace", EVERYWHERE))
