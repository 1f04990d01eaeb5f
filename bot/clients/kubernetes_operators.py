"""From CRDs and the custom resources of operators to snapshots: Prometheus operator, External Secrets Operator.

Pure, and never raises for any JSON. Of a secret only names leave here: its key, where it is kept, who keeps it.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from bot.clients.kubernetes_json import Json, number, pairs, part, rows, said, text, texts, when
from bot.clients.kubernetes_pods import conditions
from bot.clients.kubernetes_workloads import marks
from bot.diagnosis.evidence_objects import (
    CrdState,
    CrdVersion,
    ExternalSecretState,
    PrometheusState,
    SecretKey,
    StoreState,
)

# Below these, keys are the names of fields, and one may well be called `description`.
_NAMES_BELOW = frozenset({"properties", "patternProperties", "definitions", "dependencies"})
_VALUES_BELOW = frozenset({"default", "enum", "example"})


def crd_state(crd: Json) -> CrdState:
    metadata, spec, status = part(crd, "metadata"), part(crd, "spec"), part(crd, "status")
    conversion = part(spec, "conversion")
    config = part(conversion, "webhook", "clientConfig")
    service = part(config, "service")
    called = f"{text(service.get('namespace'))}/{text(service.get('name'))}" if service else ""
    return CrdState(
        name=text(metadata.get("name")),
        kind=text(part(spec, "names").get("kind")),
        versions=tuple(_version(item) for item in rows(spec, "versions")),
        strategy=text(conversion.get("strategy")) or "None",
        webhook_service=called,
        webhook_url=said(config.get("url"), 300),
        stored_versions=texts(status.get("storedVersions")),
        marks=marks(metadata),
        conditions=conditions(status),
    )


def _version(item: Json) -> CrdVersion:
    return CrdVersion(
        name=text(item.get("name")),
        served=item.get("served") is True,
        storage=item.get("storage") is True,
        schema=_digest(part(item, "schema", "openAPIV3Schema")),
    )


def _digest(schema: Json) -> str:
    """Of what a schema demands, whatever it says about it; empty where there is none."""
    if not schema:
        return ""
    try:
        demands = json.dumps(_undescribed(schema), sort_keys=True, separators=(",", ":"))
    except RecursionError:
        return ""
    return hashlib.sha256(demands.encode()).hexdigest()


def _undescribed(schema: Any, *, names: bool = False) -> Any:
    if isinstance(schema, list):
        return [_undescribed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value
        if not names and key in _VALUES_BELOW
        else _undescribed(value, names=not names and key in _NAMES_BELOW)
        for key, value in schema.items()
        if names or key != "description"
    }


def prometheus_state(item: Json) -> PrometheusState:
    """An entry for the container `prometheus` is merged over what the operator makes of `spec.resources`.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.CommonPrometheusFields (containers)
    """
    metadata, spec = part(item, "metadata"), part(item, "spec")
    own = next((one for one in rows(spec, "containers") if one.get("name") == "prometheus"), {})
    general, special = part(spec, "resources"), part(own, "resources")
    return PrometheusState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        version=text(spec.get("version")),
        replicas=number(spec.get("replicas")),
        limits=pairs(general.get("limits")) | pairs(special.get("limits")),
        requests=pairs(general.get("requests")) | pairs(special.get("requests")),
        route_prefix=text(spec.get("routePrefix")),
        external_url=said(spec.get("externalUrl"), 300),
        retention=text(spec.get("retention")),
        marks=marks(metadata),
    )


def external_secret_state(item: Json, version: str = "") -> ExternalSecretState:
    """`version` is that of the list it came in, where the item does not say its own."""
    metadata, spec, status = part(item, "metadata"), part(item, "spec"), part(item, "status")
    store, target = _store_ref(spec), part(spec, "target")
    template = part(target, "template")
    return ExternalSecretState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        version=version_of(item) or version,
        store_kind=text(store.get("kind")) or "SecretStore",
        store=text(store.get("name")),
        secret=text(target.get("name")) or text(metadata.get("name")),
        keys=tuple(_keys(spec)),
        open_ended=bool(rows(spec, "dataFrom") or template.get("data") or template.get("templateFrom")),
        conditions=conditions(status),
        refreshed_at=when(status.get("refreshTime")),
        refresh_interval=text(spec.get("refreshInterval")),
        marks=marks(metadata),
        policy=text(target.get("creationPolicy")) or "Owner",
    )


def _store_ref(spec: Json) -> Json:
    """The store of all keys, or that of the first key that names its own."""
    own = (part(item, "sourceRef", "storeRef") for item in [*rows(spec, "data"), *rows(spec, "dataFrom")])
    return part(spec, "secretStoreRef") or next((found for found in own if found), {})


def _keys(spec: Json) -> Iterator[SecretKey]:
    for item in rows(spec, "data"):
        remote = part(item, "remoteRef")
        yield SecretKey(
            text(item.get("secretKey")), said(remote.get("key"), 300), said(remote.get("property"), 300)
        )


def store_state(kind: str, item: Json) -> StoreState:
    metadata, spec = part(item, "metadata"), part(item, "spec")
    namespace = text(metadata.get("namespace"))
    provider = next(iter(sorted(text(key) for key in part(spec, "provider"))), "")
    return StoreState(
        kind=kind,
        namespace=namespace,
        name=text(metadata.get("name")),
        version=version_of(item),
        provider=provider,
        conditions=conditions(part(item, "status")),
        marks=marks(metadata),
        login=_login(part(spec, "provider", provider), namespace),
    )


def _login(provider: Json, namespace: str) -> dict[str, str]:
    """Who a store logs in as, as the providers that know a ServiceAccount spell it: names, and no credential.

    https://external-secrets.io/latest/api/spec/ (VaultAuth, AWSAuth, GCPSMAuth, AzureKVProvider)
    """
    ways = part(provider, "auth")
    method = next((text(key) for key in sorted(ways) if isinstance(ways[key], dict)), "")
    way = part(ways, method)
    account = (
        part(way, "serviceAccountRef")
        or part(way, "kubernetesServiceAccountToken", "serviceAccountRef")
        or part(provider, "serviceAccountRef")
    )
    place, name = text(account.get("namespace")) or namespace, text(account.get("name"))
    said_of = {
        "method": method or text(provider.get("authType")),
        "mount": said(way.get("mountPath") or way.get("path"), 300),
        "role": said(way.get("role") or provider.get("role"), 300),
        "account": f"{place}/{name}" if name else "",
        "project": text(way.get("clusterProjectID")) or text(provider.get("projectID")),
    }
    return {key: value for key, value in said_of.items() if value}


def version_of(item: Json) -> str:
    """`v1` of `external-secrets.io/v1`."""
    return text(item.get("apiVersion")).rpartition("/")[2]
