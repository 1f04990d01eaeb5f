"""From the reads of the loaded runbooks to the smallest RBAC that allows them, as YAML for `kubectl apply`. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from bot.diagnosis.sources import Read
from bot.model import Source

_ACCOUNT = "opsbot"
_HEADER = """\
# What the loaded runbooks read, and no more: nothing here can change the cluster.
# `secrets` is asked for metadata only (when it changed). RBAC cannot say that: remove the rule to rule it out;
# the diagnosis then says what it could not check.
"""


def manifest(reads: Iterable[Read], namespaces: Sequence[str] = (), *, home: str = "opsbot") -> str:
    """For these namespaces a Role each, and a ClusterRole for what only that can grant; without any one ClusterRole."""
    wanted = [read for read in dict.fromkeys(reads) if read.source is Source.KUBERNETES]
    everywhere = [read for read in wanted if read.cluster_wide or not namespaces]
    inside = [read for read in wanted if not read.cluster_wide]
    documents = [_object("v1", "ServiceAccount", home)]
    if everywhere:
        documents += _granted("ClusterRole", "", rules(everywhere), home)
    for namespace in namespaces:
        documents += _granted("Role", namespace, rules(inside), home)
    return _HEADER + yaml.safe_dump_all(documents, sort_keys=False)


def rules(reads: Sequence[Read]) -> list[dict[str, Any]]:
    """One rule for each group of resources with the same verbs, in a stable order."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for read in reads:
        for resource in read.resources:
            verbs.setdefault((read.group, resource), set()).update(read.verbs)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), allowed in sorted(verbs.items()):
        together.setdefault((group, tuple(sorted(allowed))), []).append(resource)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(allowed)}
        for (group, allowed), resources in together.items()
    ]


def _granted(kind: str, namespace: str, rules: list[dict[str, Any]], home: str) -> list[dict[str, Any]]:
    role = _object("rbac.authorization.k8s.io/v1", kind, namespace)
    binding = _object("rbac.authorization.k8s.io/v1", f"{kind}Binding", namespace)
    role["rules"] = rules
    binding["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": _ACCOUNT}
    binding["subjects"] = [{"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": home}]
    return [role, binding]


def _object(version: str, kind: str, namespace: str) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": _ACCOUNT, **place}}
