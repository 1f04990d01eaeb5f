"""From workloads and their earlier revisions to snapshots, and the annotations that tell who owns them. Pure."""

from collections.abc import Callable, Iterable, Mapping

from bot.clients.kubernetes_fields import EPOCH, managers, replica_writers
from bot.clients.kubernetes_json import (
    Json,
    controller,
    count,
    label_selector,
    number,
    owner_name,
    pairs,
    part,
    rows,
    said,
    text,
    when,
)
from bot.clients.kubernetes_pods import conditions, pod_template
from bot.diagnosis.evidence import Marks, Revision, WorkloadState
from bot.model import Target

# What tells which chart, application or pipeline will put a value back. Everything else stays in the cluster:
# `last-applied-configuration` alone would carry whole objects, and with them secrets.
_HINTS = ("app.kubernetes.io/", "helm.sh/", "meta.helm.sh/", "argocd.argoproj.io/")
_HINT_DOMAINS = (".fluxcd.io/", "kustomize.config.k8s.io/", "config.kubernetes.io/")
# Of a Deployment's ReplicaSets, and of a Rollout's.
_REVISION_NAMES = ("deployment.kubernetes.io/revision", "rollout.argoproj.io/revision")
_HINT_NAMES = frozenset((*_REVISION_NAMES, "kubernetes.io/change-cause"))
LONGEST_HINT = 300


def hints(values: object) -> dict[str, str]:
    """Labels or annotations that tell who owns the object."""
    return {
        key: said(value, LONGEST_HINT)
        for key, value in pairs(values).items()
        if key.startswith(_HINTS) or key in _HINT_NAMES or any(domain in key for domain in _HINT_DOMAINS)
    }


def marks(metadata: Json) -> Marks:
    return Marks(
        labels=hints(metadata.get("labels")),
        annotations=hints(metadata.get("annotations")),
        managers=managers(metadata),
        owner=owner_name(metadata),
    )


Counts = Mapping[str, int | None]


def _replicated(spec: Json, status: Json) -> Counts:
    """The API leaves a count of zero out once a controller has seen the object."""
    seen = 0 if status else None
    return {
        "desired": count(spec.get("replicas"), 1),
        "ready": count(status["readyReplicas"]) if "readyReplicas" in status else seen,
        "updated": count(status["updatedReplicas"]) if "updatedReplicas" in status else seen,
        "available": count(status["availableReplicas"]) if "availableReplicas" in status else seen,
    }


def _daemons(_spec: Json, status: Json) -> Counts:
    return {
        "desired": number(status.get("desiredNumberScheduled")),
        "ready": number(status.get("numberReady")),
        "updated": count(status.get("updatedNumberScheduled")) if status else None,
        "available": count(status.get("numberAvailable")) if status else None,
    }


def _set_of_replicas(spec: Json, status: Json) -> Counts:
    return {**_replicated(spec, status), "updated": None}


def _job(spec: Json, status: Json) -> Counts:
    desired = number(spec.get("completions"))
    return {
        "desired": count(spec.get("parallelism"), 1) if desired is None else desired,
        "ready": number(status.get("ready")),
        "updated": None,
        "available": None,
    }


def _pod(_spec: Json, status: Json) -> Counts:
    ready = any(item.type == "Ready" and item.status == "True" for item in conditions(status))
    return {"desired": 1, "ready": int(ready), "updated": None, "available": None}


_NO_COUNTS: Counts = {"desired": None, "ready": None, "updated": None, "available": None}
_COUNTS: Mapping[str, Callable[[Json, Json], Counts]] = {
    "Deployment": _replicated,
    "StatefulSet": _replicated,
    "DaemonSet": _daemons,
    "Rollout": _replicated,
    "ReplicaSet": _set_of_replicas,
    "Job": _job,
    "Pod": _pod,
}


def _pod_spec(kind: str, spec: Json) -> Json:
    if kind == "Pod":
        return spec
    if kind == "CronJob":
        return part(spec, "jobTemplate", "spec", "template", "spec")
    return part(spec, "template", "spec")


def _selector(kind: str, spec: Json, status: Json) -> str:
    if kind == "CronJob":  # it has none; its running jobs are known by name
        return jobs_selector(text(job.get("name")) for job in rows(status, "active"))
    return "" if kind == "Pod" else label_selector(part(spec, "selector"))


def jobs_selector(names: Iterable[str]) -> str:
    found = [name for name in dict.fromkeys(names) if name]
    return f"job-name in ({','.join(found)})" if found else ""


def workload_state(cluster: str, kind: str, item: Json) -> WorkloadState:
    metadata, spec, status = part(item, "metadata"), part(item, "spec"), part(item, "status")
    counts = _COUNTS[kind](spec, status) if kind in _COUNTS else _NO_COUNTS
    return WorkloadState(
        target=Target(cluster, text(metadata.get("namespace")), kind, text(metadata.get("name"))),
        uid=text(metadata.get("uid")),
        selector=_selector(kind, spec, status),
        labels=hints(metadata.get("labels")),
        annotations=hints(metadata.get("annotations")),
        created_at=when(metadata.get("creationTimestamp")),
        template=pod_template(_pod_spec(kind, spec)),
        desired=counts["desired"],
        ready=counts["ready"],
        updated=counts["updated"],
        available=counts["available"],
        generation=count(metadata.get("generation")),
        observed_generation=_observed(metadata, status),
        paused=spec.get("paused") is True or spec.get("suspend") is True,
        conditions=conditions(status),
        owner=owner_name(metadata),
        managers=managers(metadata),
        replica_writers=replica_writers(metadata),
    )


def _observed(metadata: Json, status: Json) -> int:
    """A Rollout says it as text, and before its 1.0 as a hash of what was observed, which tells nothing here."""
    raw = status.get("observedGeneration")
    if not isinstance(raw, str):
        return count(raw)
    known = raw.isascii() and raw.isdigit() and len(raw) < 19
    return int(raw) if known else count(metadata.get("generation"))


def belongs(item: Json, kind: str, name: str, uid: str) -> bool:
    """Whether the workload controls the object; by uid where it is known, a name may have been used before."""
    owner = controller(part(item, "metadata"))
    if uid:
        return text(owner.get("uid")) == uid
    return text(owner.get("kind")) == kind and text(owner.get("name")) == name


def replica_set_revision(item: Json) -> Revision:
    metadata = part(item, "metadata")
    annotations = pairs(metadata.get("annotations"))
    number_of = next((annotations[name] for name in _REVISION_NAMES if name in annotations), "")
    return Revision(
        name=text(metadata.get("name")),
        number=int(number_of) if number_of.isascii() and number_of.isdigit() and len(number_of) < 19 else 0,
        created_at=when(metadata.get("creationTimestamp")),
        template=pod_template(part(item, "spec", "template", "spec")),
        replicas=number(part(item, "spec").get("replicas")),
        change_cause=said(annotations.get("kubernetes.io/change-cause"), LONGEST_HINT),
    )


def controller_revision(item: Json) -> Revision:
    metadata = part(item, "metadata")
    annotations = pairs(metadata.get("annotations"))
    return Revision(
        name=text(metadata.get("name")),
        number=count(item.get("revision")),
        created_at=when(metadata.get("creationTimestamp")),
        template=pod_template(part(item, "data", "spec", "template", "spec")),
        change_cause=said(annotations.get("kubernetes.io/change-cause"), LONGEST_HINT),
    )


def newest_first(revisions: Iterable[Revision]) -> tuple[Revision, ...]:
    return tuple(
        sorted(revisions, key=lambda item: (item.number, item.created_at or EPOCH, item.name), reverse=True)
    )
