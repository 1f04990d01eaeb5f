"""Kubernetes objects for tests, as a real API server gives them: small, but with the fields that matter."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Object = dict[str, Any]
Labels = Mapping[str, str]

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
NAMESPACE = "shop"


def ago(**delta: float) -> str:
    return (NOW - timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(
    name: str,
    namespace: str = NAMESPACE,
    *,
    labels: Labels | None = None,
    annotations: Labels | None = None,
    owner: Object | None = None,
    created: str = "",
) -> Object:
    found: Object = {
        "name": name,
        "namespace": namespace,
        "uid": f"uid-{namespace}-{name}",
        "resourceVersion": "4711",
        "generation": 1,
        "creationTimestamp": created or ago(hours=2),
        "labels": dict(labels or {}),
        "annotations": dict(annotations or {}),
        "managedFields": [
            {"manager": "helm", "operation": "Update", "time": ago(hours=1)},
            {"manager": "kubelet", "operation": "Update", "time": ago(minutes=1), "subresource": "status"},
        ],
    }
    if owner is not None:
        found["ownerReferences"] = [controlled_by(owner)]
    if not namespace:
        del found["namespace"]
    return found


def controlled_by(owner: Object) -> Object:
    """An owner reference to the object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"].get("uid", ""),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def container(name: str = "app", image: str = "ghcr.io/shop/board:1.4.2", **more: Any) -> Object:
    return {"name": name, "image": image, **more}


def pod_spec(*containers: Object, **more: Any) -> Object:
    return {"containers": list(containers or (container(),)), "serviceAccountName": "default", **more}


def _selected(name: str, spec: Object | None) -> Object:
    labels = {"app": name}
    return {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": spec or pod_spec()},
    }


def deployment(
    name: str = "board-service", *, spec: Object | None = None, replicas: int = 2, ready: int = 0, **more: Any
) -> Object:
    status: Object = {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas}
    if ready:  # a count of zero is left out by the API
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    progressing = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, **more),
        "spec": {"replicas": replicas, **_selected(name, spec)},
        "status": {**status, "conditions": [progressing]},
    }


def rollout(
    name: str = "board-service", *, spec: Object | None = None, replicas: int = 2, ready: int = 0, **more: Any
) -> Object:
    """A Deployment of Argo Rollouts, which says as text what its controller has seen."""
    made = deployment(name, spec=spec, replicas=replicas, ready=ready, **more)
    status = {**made["status"], "observedGeneration": str(made["metadata"].get("generation", 1))}
    return {**made, "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "status": status}


def replicaset(
    owner: Object | None = None,
    *,
    hash_: str = "7d9f8c6b5d",
    revision: int = 1,
    spec: Object | None = None,
    **more: Any,
) -> Object:
    name = owner["metadata"]["name"] if owner else "lonely"
    labels = {"app": name, "pod-template-hash": hash_}
    of_rollout = owner is not None and owner["kind"] == "Rollout"
    by = "rollout.argoproj.io" if of_rollout else "deployment.kubernetes.io"
    annotations = {f"{by}/revision": str(revision)}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": metadata(f"{name}-{hash_}", owner=owner, labels=labels, annotations=annotations, **more),
        "spec": {"replicas": 2, **_selected(name, spec)},
        "status": {"replicas": 2, "observedGeneration": 1},
    }


def pod(
    name: str = "board-service-7d9f8c6b5d-x2k9p",
    *,
    owner: Object | None = None,
    spec: Object | None = None,
    statuses: Iterable[Object] = (),
    labels: Labels | None = None,
    **more: Any,
) -> Object:
    """A scheduled pod; what its containers do is told by `statuses` (see `running`, `crashing`, `waiting`)."""
    found = list(statuses)
    ready = bool(found) and all(item["ready"] for item in found)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, owner=owner, labels={"app": "board-service", **(labels or {})}, **more),
        "spec": {"nodeName": "node-1", **(spec or pod_spec())},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": ago(minutes=5)}],
            "containerStatuses": found,
        },
    }


def running(name: str = "app", *, restarts: int = 0) -> Object:
    state = {"running": {"startedAt": ago(minutes=30)}}
    return {"name": name, "ready": True, "restartCount": restarts, "state": state, "lastState": {}}


def waiting(name: str = "app", reason: str = "ContainerCreating", message: str = "") -> Object:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": name, "ready": False, "restartCount": 0, "state": state, "lastState": {}}


def crashing(
    name: str = "app", *, restarts: int = 7, exit_code: int = 1, reason: str = "Error", message: str = ""
) -> Object:
    """In CrashLoopBackOff after ending so."""
    ended = {
        "exitCode": exit_code,
        "reason": reason,
        "message": message,
        "startedAt": ago(minutes=3),
        "finishedAt": ago(minutes=2),
    }
    back_off = {"reason": "CrashLoopBackOff", "message": f"back-off 5m0s restarting failed container={name}"}
    return {
        "name": name,
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": back_off},
        "lastState": {"terminated": ended},
    }


def statefulset(name: str = "prometheus-k8s", *, spec: Object | None = None, **more: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(name, **more),
        "spec": {"replicas": 2, "serviceName": name, **_selected(name, spec)},
        "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 1, "updatedReplicas": 2},
    }


def daemonset(name: str = "node-exporter", *, spec: Object | None = None, **more: Any) -> Object:
    counts = {
        "desiredNumberScheduled": 3,
        "numberReady": 2,
        "updatedNumberScheduled": 3,
        "numberAvailable": 2,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(name, **more),
        "spec": _selected(name, spec),
        "status": {"observedGeneration": 1, **counts},
    }


def controller_revision(owner: Object, number: int, spec: Object | None = None, **more: Any) -> Object:
    name = owner["metadata"]["name"]
    template = {"$patch": "replace", "spec": spec or pod_spec()}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata(f"{name}-rev{number}", owner=owner, labels={"app": name}, **more),
        "revision": number,
        "data": {"spec": {"template": template}},
    }


def job(name: str = "migrate", *, owner: Object | None = None, **more: Any) -> Object:
    template = {"metadata": {"labels": {"job-name": name}}, "spec": pod_spec(restartPolicy="Never")}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(name, owner=owner, **more),
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "selector": {"matchLabels": {"job-name": name}},
            "template": template,
        },
        "status": {"active": 1, "ready": 0},
    }


def cronjob(name: str = "backup", *, active: Iterable[str] = (), **more: Any) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(name, **more),
        "spec": {
            "schedule": "0 3 * * *",
            "suspend": False,
            "jobTemplate": {"spec": {"template": {"spec": pod_spec()}}},
        },
        "status": {"active": [{"kind": "Job", "name": item} for item in active]},
    }
