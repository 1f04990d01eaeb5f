"""What a person types to name a target: `name`, `ns/name`, `kind/name` or `ns/kind/name`. Pure."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_KINDS: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("deployment", "deployments", "deploy"),
    "StatefulSet": ("statefulset", "statefulsets", "sts"),
    "DaemonSet": ("daemonset", "daemonsets", "ds"),
    "Rollout": ("rollout", "rollouts", "ro"),
    "ReplicaSet": ("replicaset", "replicasets", "rs"),
    "CronJob": ("cronjob", "cronjobs", "cj"),
    "Job": ("job", "jobs"),
    "Pod": ("pod", "pods", "po"),
    "HorizontalPodAutoscaler": ("horizontalpodautoscaler", "horizontalpodautoscalers", "hpa"),
    "Service": ("service", "services", "svc"),
    "PersistentVolumeClaim": ("persistentvolumeclaim", "persistentvolumeclaims", "pvc"),
    "Application": ("application", "applications", "app"),
    "ExternalSecret": ("externalsecret", "externalsecrets", "es"),
    "SecretStore": ("secretstore", "secretstores", "ss"),
    "ClusterSecretStore": ("clustersecretstore", "clustersecretstores", "css"),
    "CustomResourceDefinition": ("customresourcedefinition", "customresourcedefinitions", "crd", "crds"),
    "Node": ("node", "nodes", "no"),
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words}
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
CLUSTER_WIDE = frozenset({"Node", "ClusterSecretStore", "CustomResourceDefinition"})


def some(kind: str) -> str:
    """The kind with its article, for a sentence about a thing of that kind."""
    article = "an" if kind[:1] in set("AEIO") else "a"
    return f"{article} {kind}" if kind else "a target without a kind"


class UnclearNameError(ValueError):
    """A target that cannot be understood; the message says how to write one."""


@dataclass(frozen=True, slots=True)
class Asked:
    name: str
    namespace: str = ""
    kind: str = ""


def asked(text: str) -> Asked:
    parts = text.strip().split("/")
    match parts:
        case [name]:
            found = Asked(name)
        case [first, name] if kind_of(first):
            found = Asked(name, kind=kind_of(first))
        case [namespace, name]:
            found = Asked(name, namespace)
        case [namespace, kind, name]:
            found = Asked(name, namespace, _kind(kind))
        case _:
            raise UnclearNameError(_how(text))
    if not _NAME.fullmatch(found.name) or (found.namespace and not _NAME.fullmatch(found.namespace)):
        raise UnclearNameError(_how(text))
    return replace(found, namespace="") if found.kind in CLUSTER_WIDE else found


def kind_of(word: str) -> str:
    """`HorizontalPodAutoscaler` of `hpa`, as kubectl takes it; empty for what is no kind known here."""
    return _BY_WORD.get(
        word.lower().partition(".")[0], ""
    )  # kubectl writes deployment.apps; no namespace has a dot


def _kind(word: str) -> str:
    kind = kind_of(word)
    if not kind:
        near = difflib.get_close_matches(word.lower(), _BY_WORD, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UnclearNameError(f"{word!r} is not a kind known here{hint}")
    return kind


def _how(text: str) -> str:
    return f"{text!r} does not name a target; write name, namespace/name, kind/name or namespace/kind/name"
