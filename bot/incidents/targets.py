"""From the labels of an alert to its cluster and to what it is about: a Target, or the reason why there is none. Pure.

Labels lie by default: most of them describe the exporter that was scraped, not the thing it measures. So the order here
matters: what only an object's own metric carries comes first, what any scraped pod carries comes last.
`job` is always the scrape job; a Kubernetes Job is `job_name`.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.incidents.target_series import NAME, rollout_of, secret_of
from bot.model import Alert, AlertGroup, Target

Labels = Mapping[str, str]
DEFAULT_CLUSTER = "default"


@dataclass(frozen=True, slots=True)
class ClusterMatch:
    """A configured cluster and the alert labels that say "this cluster"; without labels it takes what no other does."""

    name: str
    match: Mapping[str, str] = field(default_factory=dict)


class NoTarget(StrEnum):
    NO_OBJECT = "no_object"  # about the cluster or the pipeline as a whole
    NO_NAMESPACE = "no_namespace"  # an object is named, its namespace is not
    NODE_UNKNOWN = "node_unknown"  # about a machine, named by an address only
    BAD_NAME = "bad_name"  # the value cannot be the name of a Kubernetes object


@dataclass(frozen=True, slots=True)
class Located:
    """`label` is the label that decided; `why` says why there is no target."""

    target: Target | None
    label: str = ""
    why: NoTarget | None = None


_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_API_SERVICE = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?\.[a-z0-9.-]+")

# An exporter's series carry `exported_X` where its own X is in the way, so `exported_X` is always the object's.
# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config (honor_labels)
_NAMESPACE_LABELS = (
    "exported_namespace",
    "namespace",
    "kubernetes_namespace",
    "k8s_namespace_name",
    "kube_namespace",
)
_POD_LABELS = ("exported_pod", "pod", "pod_name", "kubernetes_pod_name", "k8s_pod_name")
_NODE_LABELS = ("exported_node", "node", "kubernetes_node", "k8s_node_name", "nodename", "node_name")
# A Service is looked for by its name, and then a workload of that name: what a `workload` without its type may be.
_SERVICE_LABELS = (
    "workload",
    "exported_service",
    "service",
    "kubernetes_service_name",
    "kubernetes_name",
    "service_name",
    "app",
)
# Istio measures at both ends: the pod and the namespace besides are those of the end that reports.
# https://istio.io/latest/docs/reference/config/metrics/
_DESTINATIONS = {
    "destination_workload": "destination_workload_namespace",
    "destination_service_name": "destination_service_namespace",
}

_OBJECT_LABELS = (
    ("deployment", "Deployment"),
    ("statefulset", "StatefulSet"),
    ("daemonset", "DaemonSet"),
    ("rollout", "Rollout"),
    ("cronjob", "CronJob"),
    ("job_name", "Job"),
    ("horizontalpodautoscaler", "HorizontalPodAutoscaler"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("replicaset", "ReplicaSet"),
    ("poddisruptionbudget", "PodDisruptionBudget"),
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
    ("ingress", "Ingress"),
    ("externalsecret", "ExternalSecret"),
    ("secretstore", "SecretStore"),
    ("clustersecretstore", "ClusterSecretStore"),
    ("k8s_deployment_name", "Deployment"),
    ("k8s_statefulset_name", "StatefulSet"),
    ("k8s_daemonset_name", "DaemonSet"),
    ("k8s_cronjob_name", "CronJob"),
    ("k8s_job_name", "Job"),
)
_WORKLOAD_KINDS = {
    kind.lower(): kind
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet", "CronJob", "Job")
}
# Pairs of (label with the kind, label with the name). Behind the pod, which is nearer to the trouble.
_OWNER_LABELS = (("owner_kind", "owner_name"), ("created_by_kind", "created_by_name"))

_ARGO_LABELS = frozenset(
    {"dest_server", "autosync_enabled", "sync_status", "health_status", "dest_namespace"}
)
# ArgoCdAppSyncFailed, ArgoAppNotHealthy, argocd_application_degraded; not ArgoCDDown, nor ArgoRolloutsAppDown.
_OF_APPLICATIONS = re.compile(r"(?i)argo[_ -]?(?:cd)?[_ -]?app(?!licationset|lication[_ -]set|set)")
_CLUSTER_SCOPED = frozenset({"Node", "Namespace", "PersistentVolume", "APIService", "ClusterSecretStore"})
# The namespace of these jobs' series is only where their Service happens to live.
_CLUSTER_JOBS = frozenset({"apiserver", "kube-apiserver"})
_KUBELET_JOBS = frozenset({"kubelet", "kubernetes-nodes", "kubernetes-nodes-cadvisor"})
_NAMESPACE_PHASES = frozenset({"Active", "Terminating"})
_OBJECT_EXPORTER = "kube-state-metrics"
_MACHINE_EXPORTERS = ("node-exporter", "node_exporter", "windows-exporter")


def locate(labels: Labels, cluster: str) -> Located:
    """The first thing that the labels name, from the surest to the vaguest.

    An object without its namespace leaves room for a vaguer one; a name that cannot be one, or a machine without a
    name, ends the search: what comes after them would be the exporter.
    """
    nothing = Located(None, why=NoTarget.NO_OBJECT)
    for kind, label, name in _candidates(labels):
        located = _judge(labels, cluster, (kind, label, name))
        if located.why is not NoTarget.NO_NAMESPACE:
            return located
        nothing = nothing if nothing.label else located
    return nothing


Candidate = tuple[str, str, str]


def _judge(labels: Labels, cluster: str, candidate: Candidate) -> Located:
    kind, label, name = candidate
    if not name:
        return Located(None, label, NoTarget.NODE_UNKNOWN)
    places = (_DESTINATIONS[label],) if label in _DESTINATIONS else _NAMESPACE_LABELS
    namespace = "" if kind in _CLUSTER_SCOPED else _first(labels, places)[1]
    if not NAME.fullmatch(name) or (namespace and not _NAMESPACE.fullmatch(namespace)):
        return Located(None, label, NoTarget.BAD_NAME)
    # An Application is found by its name alone: ArgoCD's own rules aggregate its namespace away.
    if not namespace and kind not in _CLUSTER_SCOPED and kind != "Application":
        return Located(None, label, NoTarget.NO_NAMESPACE)
    return Located(Target(cluster, namespace, kind, name), label)


def _candidates(labels: Labels) -> Iterator[Candidate]:
    """(kind, deciding label, name), best first. An empty name means: about a machine, and nothing says which."""
    yield from _application(labels, sure=True)
    yield from _workload(labels)
    yield from secret_of(labels)
    yield from _machine(labels)
    yield from _application(labels, sure=False)
    yield from _pod(labels)
    yield from _owner(labels)
    yield from _cluster_scoped(labels)
    yield from _service(labels)
    yield from _namespace(labels)


def _first(labels: Labels, names: Iterable[str]) -> tuple[str, str]:
    return next(((name, labels[name]) for name in names if labels.get(name)), ("", ""))


def _application(labels: Labels, *, sure: bool) -> Iterator[Candidate]:
    """ArgoCD's alerts carry `name` and `project`; more labels, or the alert's own name, make it certain.

    Rules that aggregate keep what they please, often `name` alone: then only an alert that is called after the
    applications of ArgoCD says whose name that is.
    """
    called = _OF_APPLICATIONS.search(labels.get("alertname", "")) is not None
    container = "image" in labels or "id" in labels
    if not labels.get("name") or not (labels.get("project") or (called and not container)):
        return
    argo = called or "argo" in labels.get("job", "").lower() or "argo" in labels.get("alertname", "").lower()
    if not sure or argo or _ARGO_LABELS & labels.keys():
        yield "Application", "name", labels["name"]


def _workload(labels: Labels) -> Iterator[Candidate]:
    for label, kind in _OBJECT_LABELS:
        if labels.get(label):
            yield kind, label, labels[label]
    kind = _WORKLOAD_KINDS.get(labels.get("workload_type", "").lower(), "")
    if kind and labels.get("workload"):
        yield kind, "workload", labels["workload"]
    if labels.get("exported_job") and _OBJECT_EXPORTER in labels.get("job", ""):
        yield "Job", "exported_job", labels["exported_job"]
    yield from rollout_of(labels)
    for label in _DESTINATIONS:
        if labels.get(label, "unknown") != "unknown":
            yield "Service", label, labels[label]
    # Quotas and phases of namespaces: the pod next to them can only be the exporter's.
    if labels.get("resourcequota") or labels.get("phase") in _NAMESPACE_PHASES:
        yield from _namespace(labels)


def _machine(labels: Labels) -> Iterator[Candidate]:
    """node-exporter measures its machine, so its pod is the wrong thing; so does the kubelet, when no pod is named.

    Without `instance` the alert is about the scraping (TargetDown), and its Service is the right thing.
    """
    label, node = _first(labels, _NODE_LABELS)
    job, instance = labels.get("job", ""), labels.get("instance", "")
    kubelet = job in _KUBELET_JOBS and not _first(labels, _POD_LABELS)[1]
    if (node or instance) and (kubelet or job.endswith(_MACHINE_EXPORTERS)):
        yield "Node", label or "instance", node or _host(instance)


def _host(instance: str) -> str:
    """The machine's name in `instance`, empty where it is an address: relabelling may or may not have put a name."""
    host = re.sub(r":[0-9]{1,5}$", "", instance)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "" if host == "localhost" else host
    return ""


def _pod(labels: Labels) -> Iterator[Candidate]:
    label, pod = _first(labels, _POD_LABELS)
    if pod and not (_exporters_own(labels, pod) and any(_cluster_scoped(labels))):
        yield "Pod", label, pod


def _exporters_own(labels: Labels, pod: str) -> bool:
    """What kube-state-metrics says of nodes and volumes has no pod, so Prometheus puts the exporter's there."""
    own_service = labels.get("job") == _OBJECT_EXPORTER and labels.get("service")
    return _OBJECT_EXPORTER in pod or bool(own_service and pod.startswith(f"{own_service}-"))


def _owner(labels: Labels) -> Iterator[Candidate]:
    for kind_label, name_label in _OWNER_LABELS:
        kind = _WORKLOAD_KINDS.get(labels.get(kind_label, "").lower(), "")
        if kind and labels.get(name_label):
            yield kind, name_label, labels[name_label]


def _cluster_scoped(labels: Labels) -> Iterator[Candidate]:
    label, node = _first(labels, _NODE_LABELS)
    if node:
        yield "Node", label, node
    if labels.get("persistentvolume"):
        yield "PersistentVolume", "persistentvolume", labels["persistentvolume"]
    if _API_SERVICE.fullmatch(labels.get("name", "")):
        yield "APIService", "name", labels["name"]


def _service(labels: Labels) -> Iterator[Candidate]:
    """Users write what they like into `service` and `app`: what cannot be a name says nothing, and is no attack."""
    for label in _SERVICE_LABELS:
        of_a_kind = label == "workload" and "workload_type" in labels
        if NAME.fullmatch(labels.get(label, "")) and not of_a_kind:
            yield "Service", label, labels[label]


def _namespace(labels: Labels) -> Iterator[Candidate]:
    label, namespace = _first(labels, _NAMESPACE_LABELS)
    if namespace and labels.get("job") not in _CLUSTER_JOBS:
        yield "Namespace", label, namespace


def cluster_of(labels: Labels, clusters: Sequence[ClusterMatch]) -> str:
    """The first cluster whose labels all match; else the first that asks for none; else the first of all."""
    for cluster in clusters:
        if cluster.match and all(labels.get(key) == value for key, value in cluster.match.items()):
            return cluster.name
    fallback = next((cluster for cluster in clusters if not cluster.match), None)
    return (fallback or clusters[0]).name if clusters else DEFAULT_CLUSTER


def split_by_cluster(group: AlertGroup, clusters: Sequence[ClusterMatch]) -> dict[str, AlertGroup]:
    """One group per cluster, in the order of their first alerts.

    Every part keeps the whole `truncated`: the hidden alerts may belong to any of them.
    """
    parts: dict[str, list[Alert]] = {}
    for alert in group.alerts:
        parts.setdefault(cluster_of(alert.labels, clusters), []).append(alert)
    return {name: replace(group, alerts=tuple(alerts)) for name, alerts in parts.items()}
