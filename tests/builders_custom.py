"""CustomResourceDefinitions, custom resources of operators, and what limits or stands behind workloads, for tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.builders import NAMESPACE, Object, ago, metadata

ESO = "external-secrets.io"
WEBHOOK: Mapping[str, str] = {"namespace": "external-secrets", "name": "external-secrets-webhook"}


def crd(
    plural: str = "externalsecrets",
    kind: str = "ExternalSecret",
    *,
    served: Mapping[str, bool] | None = None,
    service: Mapping[str, str] | None = WEBHOOK,
    stored: Iterable[str] = ("v1beta1", "v1"),
) -> Object:
    """Of the External Secrets Operator after an upgrade: v1beta1 is not served any more, its webhook is still named."""
    schema = {"type": "object", "description": "says what it is"}
    versions = [
        {"name": name, "served": on, "storage": name == "v1", "schema": {"openAPIV3Schema": schema}}
        for name, on in (served or {"v1": True, "v1beta1": False}).items()
    ]
    webhook = {"clientConfig": {"service": {**(service or {}), "path": "/convert"}}}
    conversion = {"strategy": "Webhook", "webhook": webhook} if service else {"strategy": "None"}
    established = {"type": "Established", "status": "True", "reason": "InitialNamesAccepted"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata(f"{plural}.{ESO}", "", annotations={"helm.sh/resource-policy": "keep"}),
        "spec": {"group": ESO, "names": {"kind": kind}, "versions": versions, "conversion": conversion},
        "status": {"storedVersions": list(stored), "conditions": [established]},
    }


def external_secret(name: str = "board-db", *, version: str = "v1", **spec: Any) -> Object:
    ready = {"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced"}
    data = [{"secretKey": "DB_PASSWORD", "remoteRef": {"key": "prod/board", "property": "password"}}]
    return {
        "apiVersion": f"{ESO}/{version}",
        "kind": "ExternalSecret",
        "metadata": metadata(name),
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"},
            "target": {"name": f"{name}-secret"},
            "data": data,
            **spec,
        },
        "status": {"refreshTime": ago(minutes=30), "conditions": [ready]},
    }


def secret_store(
    name: str = "aws",
    namespace: str = "",
    *,
    version: str = "v1",
    reason: str = "Valid",
    provider: Object | None = None,
) -> Object:
    """A SecretStore; without a namespace a ClusterSecretStore."""
    ready = {"type": "Ready", "status": "True" if reason == "Valid" else "False", "reason": reason}
    return {
        "apiVersion": f"{ESO}/{version}",
        "kind": "SecretStore" if namespace else "ClusterSecretStore",
        "metadata": metadata(name, namespace),
        "spec": {"provider": provider or {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}},
        "status": {"conditions": [ready]},
    }


def prometheus(name: str = "k8s", namespace: str = "monitoring", **spec: Any) -> Object:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": metadata(name, namespace),
        "spec": {
            "version": "v3.5.0",
            "replicas": 2,
            "retention": "15d",
            "resources": {"limits": {"memory": "512Mi"}, "requests": {"memory": "400Mi", "cpu": "100m"}},
            **spec,
        },
    }


def endpoint(pod: str, address: str, *, ready: bool | None = True) -> Object:
    about = {"targetRef": {"kind": "Pod", "name": pod, "namespace": NAMESPACE}} if pod else {}
    return {"addresses": [address], "conditions": {} if ready is None else {"ready": ready}, **about}


def endpoint_slice(service: str, *endpoints: Object, suffix: str = "x7k2p", family: str = "IPv4") -> Object:
    labels = {"kubernetes.io/service-name": service}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata(f"{service}-{suffix}", labels=labels),
        "addressType": family,
        "endpoints": list(endpoints) or None,
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def budget(name: str = "board", *, selector: Object | None = None, **spec: Any) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name),
        "spec": {"selector": selector, **spec},
        "status": {"currentHealthy": 2, "desiredHealthy": 2, "disruptionsAllowed": 0, "expectedPods": 2},
    }


def quota(name: str = "compute", *, used: str = "8") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata(name),
        "spec": {"hard": {"pods": "10", "limits.memory": "8Gi"}},
        "status": {
            "hard": {"pods": "10", "limits.memory": "8Gi"},
            "used": {"pods": used, "limits.memory": "6Gi"},
        },
    }
