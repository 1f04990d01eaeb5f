"""What the server knows of resources: their kinds, their paths, their lists and pages."""

from collections.abc import Iterable
from typing import Any

from tests.fakes.kubernetes.statuses import Asked, Refusal

Object = dict[str, Any]

_CORE = {
    "Pod": "pods",
    "Service": "services",
    "Event": "events",
    "ConfigMap": "configmaps",
    "Secret": "secrets",
    "ResourceQuota": "resourcequotas",
}
_ESO = "external-secrets.io"
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
    ("argoproj.io", "Rollout"): "rollouts",
    ("discovery.k8s.io", "EndpointSlice"): "endpointslices",
    ("policy", "PodDisruptionBudget"): "poddisruptionbudgets",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "customresourcedefinitions",
    ("monitoring.coreos.com", "Prometheus"): "prometheuses",
    **{(_ESO, kind): f"{kind.lower()}s" for kind in ("ExternalSecret", "SecretStore", "ClusterSecretStore")},
}
# What each group serves; of the others only v1.
VERSIONS: dict[str, tuple[str, ...]] = {
    "autoscaling": ("v2",),
    "argoproj.io": ("v1alpha1",),
    _ESO: ("v1", "v1beta1"),
}
KINDS = {(group, plural): kind for (group, kind), plural in PLURALS.items()}


def metadata_of(item: Object) -> Object:
    version = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**version, "metadata": item.get("metadata") or {}}


def converted(item: Object, asked: Asked, webhook: str) -> Object:
    """The object in the version that is asked for. One that is stored in another goes through the webhook, if there is one.

    https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go
    """
    wanted = f"{asked.group}/{asked.version}" if asked.group else asked.version
    if item["apiVersion"] == wanted:
        return item
    if webhook:
        post = f'Post "https://{webhook}:443/convert?timeout=30s"'
        lookup = f"dial tcp: lookup {webhook} on 10.96.0.10:53: no such host"
        about = f"{item['apiVersion']}, Kind={item['kind']}"
        raise Refusal(500, "", f"conversion webhook for {about} failed: {post}: {lookup}")
    return {**item, "apiVersion": wanted}


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
        case ("api", version, *rest):
            group = ""
        case ("apis", group, version, *rest):
            pass
        case _:
            return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    if not 1 <= len(rest) <= 3:
        return None
    resource, name, sub = (*rest, "", "")[:3]
    return Asked("get" if name else "list", group, resource, namespace, name, sub, version)


def list_of(asked: Asked, page: list[Object], metadata: Object, *, metadata_only: bool) -> Object:
    if metadata_only:
        kind, api, page = "PartialObjectMetadataList", "meta.k8s.io/v1", [metadata_of(item) for item in page]
    else:
        kind = f"{KINDS[asked.group, asked.resource]}List"
        api = f"{asked.group}/{asked.version}" if asked.group else asked.version
    return {"kind": kind, "apiVersion": api, "metadata": metadata, "items": page}
