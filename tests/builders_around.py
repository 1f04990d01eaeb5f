"""Kubernetes objects round the workloads, for tests: events, nodes, scalers, configuration, Services, applications."""

from typing import Any

from tests.builders import NAMESPACE, Labels, Object, ago, metadata


def event(
    about: Object, reason: str = "BackOff", message: str = "Back-off restarting", **more: Any
) -> Object:
    place = about["metadata"].get("namespace") or "default"
    name = about["metadata"]["name"]
    involved = {
        "kind": about["kind"],
        "namespace": place,
        "name": name,
        "uid": about["metadata"].get("uid", ""),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata(f"{name}.{reason.lower()}", place),
        "involvedObject": involved,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": 12,
        "firstTimestamp": ago(hours=1),
        "lastTimestamp": ago(minutes=1),
        "source": {"component": "kubelet"},
        **more,
    }


def node(name: str = "node-1", *, ready: str = "True", created: str = "", **spec: Any) -> Object:
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "KubeletReady",
        "lastTransitionTime": ago(days=1),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(name, "", created=created or ago(days=30)),
        "spec": spec,
        "status": {
            "conditions": [condition],
            "allocatable": {"cpu": "4", "memory": "16Gi"},
            "nodeInfo": {"kubeletVersion": "v1.36.2", "architecture": "arm64"},
        },
    }


def hpa(name: str = "board-service", *, kind: str = "Deployment", workload: str = "board-service") -> Object:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": workload}
    limited = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(name),
        "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 10},
        "status": {
            "currentReplicas": 10,
            "desiredReplicas": 10,
            "lastScaleTime": ago(minutes=9),
            "conditions": [limited],
        },
    }


def configmap(name: str = "board-config", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name), "data": data}


def secret(name: str = "board-db", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata(name), "type": "Opaque", "data": data}


def service(name: str = "board-service", selector: Labels | None = None, **more: Any) -> Object:
    chosen = {"app": name} if selector is None else dict(selector)
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, **more),
        "spec": {"selector": chosen, "ports": [port]},
    }


def application(name: str = "board", namespace: str = "argocd", **status: Any) -> Object:
    """An ArgoCD Application, deployed twice and out of sync."""
    source = {"repoURL": "https://git.example/shop.git", "path": "charts/board", "targetRevision": "main"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata(name, namespace),
        "spec": {
            "project": "shop",
            "source": source,
            "destination": {"namespace": NAMESPACE},
            "syncPolicy": {"automated": {}},
        },
        "status": {
            "sync": {"status": "OutOfSync", "revision": "b" * 40},
            "health": {"status": "Degraded"},
            "operationState": {
                "phase": "Failed",
                "message": "one or more objects failed to apply",
                "startedAt": ago(minutes=12),
                "finishedAt": ago(minutes=11),
            },
            "history": [
                {"id": 4, "revision": "a" * 40, "deployedAt": ago(days=1)},
                {"id": 5, "revision": "b" * 40, "deployedAt": ago(minutes=20)},
            ],
            "conditions": [{"type": "SyncError", "message": "failed", "lastTransitionTime": ago(minutes=11)}],
            "resources": [
                {"kind": "Deployment", "name": "board-service", "status": "OutOfSync"},
                {"kind": "Service", "name": "board-service", "status": "Synced"},
            ],
            **status,
        },
    }
