"""What the server knows of resources: their kinds, their paths, their lists and pages."""

from collections.abc import Iterable
from typing import Any

from tests.fakes.kubernetes.statuses import Asked

Object = dict[str, Any]

_CORE = {
    "Pod": "pods",
    "Service": "services",
    "Event": "events",
    "ConfigMap": "configmaps",
    "Secret": "secrets",
}
PLURALS = {
    **{("", kind): plural for kind, plural in _CORE.items()},
    ("", "Node"): "nodes",
    **{
        ("apps", kind): f"{kind.lower()}s"
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    },
    ("apps", "ControllerRevision"): "controllerrevisions",
    ("batch", "Job"): "jobs",
    ("batch", "CronJob"): "cronjobs",
    ("autoscaling", "HorizontalPodAutoscaler"): "horizontalpodautoscalers",
    ("argoproj.io", "Application"): "applications",
}
VERSIONS = {"autoscaling": "v2", "argoproj.io": "v1alpha1"}
KINDS = {(group, plural): kind for (group, kind), plural in PLURALS.items()}


def metadata_of(item: Object) -> Object:
    version = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**version, "metadata": item.get("metadata") or {}}


def page_of(found: list[Object], limit: str | None, token: str | None) -> tuple[list[Object], Object]:
    start = int(token or 0)
    end = start + int(limit) if limit and int(limit) else len(found)
    metadata: Object = {"resourceVersion": "4711"}
    if end < len(found):
        metadata |= {"continue": str(end), "remainingItemCount": len(found) - end}
    return found[start:end], metadata


def asked_of(path: str) -> Asked | None:
    """From the path to what is asked, as the API server's RequestInfo resolves it."""
    parts: Iterable[str] = path.split("/")
    match tuple(parts):
        case ("api", "v1", *rest):
            group = ""
        case ("apis", group, version, *rest) if version == VERSIONS.get(group, "v1"):
            pass
        case _:
            return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    if not 1 <= len(rest) <= 3:
        return None
    resource, name, sub = (*rest, "", "")[:3]
    return Asked("get" if name else "list", group, resource, namespace, name, sub)


def list_of(asked: Asked, page: list[Object], metadata: Object, *, metadata_only: bool) -> Object:
    if metadata_only:
        kind, api, page = "PartialObjectMetadataList", "meta.k8s.io/v1", [metadata_of(item) for item in page]
    else:
        kind, version = f"{KINDS[asked.group, asked.resource]}List", VERSIONS.get(asked.group, "v1")
        api = f"{asked.group}/{version}" if asked.group else version
    return {"kind": kind, "apiVersion": api, "metadata": metadata, "items": page}
