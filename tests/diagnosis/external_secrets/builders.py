"""Snapshots of the External Secrets Operator's world: after an upgrade that left a webhook behind, and in order."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.diagnosis.evidence import Condition, EventNote, Marks, ObjectNote, WorkloadList
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    AppResource,
    CrdState,
    CrdVersion,
    EndpointsState,
    ExternalSecretState,
    SecretKey,
    ServiceState,
    StoreState,
)
from bot.diagnosis.external_secrets.situation import Converter, Crd, Situation, Store, Synced
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target
from tests.snapshots import ago, spec, template, workload

APP = Target("default", "argocd", "Application", "secrets-prod")
SECRET = Target("default", "shop", "ExternalSecret", "board-db")
NAMESPACE = Target("default", "", "Namespace", "shop")
GROUP = "external-secrets.io"
WEBHOOK = "eso/eso-webhook"
KINDS = {
    "clustersecretstores": "ClusterSecretStore",
    "externalsecrets": "ExternalSecret",
    "secretstores": "SecretStore",
}
DEAD = (
    "conversion webhook for external-secrets.io/v1beta1, Kind=ExternalSecret failed: Post "
    '"https://eso-webhook.eso.svc:443/convert?timeout=30s": dial tcp: lookup eso-webhook.eso.svc: no such host'
)
SUMMARY = f"one or more objects failed to apply, reason: {DEAD}"
HELM = Marks(
    labels={"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "external-secrets-0.15.1"},
    annotations={"meta.helm.sh/release-name": "eso", "meta.helm.sh/release-namespace": "eso"},
)
KEPT = replace(HELM, annotations={**HELM.annotations, "helm.sh/resource-policy": "keep"})
GIT = Marks(annotations={"argocd.argoproj.io/tracking-id": "eso-crds:apiextensions.k8s.io/CRD:/x"})


def gap(
    resource: str, reason: Reason = Reason.FORBIDDEN, detail: str = "", *, group: str = GROUP
) -> Unavailable:
    return Unavailable(Source.KUBERNETES, reason, "get", resource, "shop", detail, group)


NO_CRDS = gap("customresourcedefinitions", group="apiextensions.k8s.io")
NO_SUCH_CRD = gap("customresourcedefinitions", Reason.NOT_FOUND, group="apiextensions.k8s.io")
NO_SECRETS = gap("externalsecrets")
NO_EVENTS = gap("events", group="")
NO_APP = gap("applications", group="argoproj.io")
CONVERSION_GAP = gap("externalsecrets", Reason.NOT_READY, f"HTTP 500: {DEAD}")


def version(name: str, *, served: bool = True, storage: bool = False, schema: str = "a") -> CrdVersion:
    return CrdVersion(name, served, storage, schema)


V1 = version("v1", storage=True)
OLD = version("v1beta1", served=False)


def crd(
    plural: str = "externalsecrets",
    *versions: CrdVersion,
    strategy: str = "Webhook",
    stored: Iterable[str] = ("v1",),
    **more: Any,
) -> CrdState:
    service = WEBHOOK if strategy == "Webhook" else ""
    values: dict[str, Any] = {"webhook_service": service, **more}
    kind = KINDS.get(plural, "Widget")
    return CrdState(
        f"{plural}.{GROUP}", kind, versions or (V1, OLD), strategy, stored_versions=tuple(stored), **values
    )


def crds(**more: Any) -> tuple[Crd, ...]:
    return (*(known(crd(plural, **more)) for plural in KINDS), absent("clusterexternalsecrets"))


def known(state: CrdState) -> Crd:
    return Crd(state.name, state)


def absent(plural: str) -> Crd:
    return Crd(f"{plural}.{GROUP}", NO_SUCH_CRD)


def blind_crds() -> tuple[Crd, ...]:
    return tuple(Crd(f"{plural}.{GROUP}", NO_CRDS) for plural in KINDS)


SERVICE = ServiceState("eso", "eso-webhook", "app=eso-webhook", ("443",))
NO_SERVICE = gap("services", Reason.NOT_FOUND, 'services "eso-webhook" not found', group="")


def converter(
    service: Any = SERVICE, *, ready: int | None = 0, image: str = "", deployment: str = "eso"
) -> Converter:
    endpoints = (
        gap("endpointslices", group="discovery.k8s.io")
        if ready is None
        else EndpointsState("eso", "eso-webhook", ready)
    )
    running = workload(
        target=Target("default", "eso", "Deployment", deployment), template=template(spec(image, "eso"))
    )
    return Converter("eso", "eso-webhook", service, endpoints, WorkloadList((running,) if image else ()))


GONE = converter(NO_SERVICE)
ALIVE = converter(ready=2)


def app(phase: str = "Succeeded", message: str = "", *results: AppResource, **more: Any) -> ApplicationState:
    values: dict[str, Any] = {
        "sync": "OutOfSync" if phase != "Succeeded" else "Synced",
        "health": "Healthy",
        **more,
    }
    return ApplicationState(
        "argocd",
        "secrets-prod",
        "default",
        values.pop("sync"),
        values.pop("health"),
        "",
        phase,
        message,
        ago(12),
        ago(11),
        path="k8s/secrets",
        sync_results=results,
        **values,
    )


def result(message: str, kind: str = "ExternalSecret", name: str = "board-db", **more: Any) -> AppResource:
    values: dict[str, Any] = {"group": GROUP, "namespace": "shop", "status": "SyncFailed", **more}
    return AppResource(kind=kind, name=name, message=message, **values)


FAILED = app("Failed", SUMMARY, result(DEAD))


def condition(
    status: str = "True", reason: str = "SecretSynced", message: str = "secret synced"
) -> Condition:
    return Condition("Ready", status, reason, message, ago(30))


NO_DATA = condition("False", "SecretSyncedError", "could not get secret data from provider")
KEY = SecretKey("DB_PASSWORD", "prod/board", "password")


def external(name: str = "board-db", *conditions: Condition, **more: Any) -> ExternalSecretState:
    values: dict[str, Any] = {"keys": (KEY,), "store_kind": "ClusterSecretStore", "store": "aws", **more}
    return ExternalSecretState(
        namespace="shop",
        name=name,
        version="v1",
        secret=f"{name}-secret",
        conditions=conditions or (condition(),),
        refreshed_at=ago(30),
        **values,
    )


def note(*keys: str) -> ObjectNote:
    return ObjectNote("Secret", "shop", "board-db-secret", ago(600), ago(30), keys=keys)


def synced(*keys: str, of: ExternalSecretState | None = None, **more: Any) -> Synced:
    """An ExternalSecret that is ready, with a Secret of these keys."""
    return replace(Synced(of or external(), note(*(keys or ("DB_PASSWORD",)))), **more)


def warning(message: str, minutes: float = 1) -> EventNote:
    return EventNote(
        "Warning",
        "UpdateFailed",
        message,
        "ExternalSecret/board-db",
        4,
        ago(60),
        ago(minutes),
        "external-secrets",
    )


def failing(message: str, *, name: str = "board-db") -> Synced:
    """One whose condition says no more than that there is no data; the operator's warning says the rest."""
    return Synced(external(name, NO_DATA), events=(warning(message),) if message else ())


def store(
    *conditions: Condition, used: bool = True, events: Any = None, login: Mapping[str, str] | None = None
) -> Store:
    ready = conditions or (Condition("Ready", "True", "Valid", "store validated"),)
    state = StoreState("ClusterSecretStore", "", "aws", "v1", "aws", ready, login=login or {})
    return Store("ClusterSecretStore", "", "aws", state, events, used)


def situation(target: Target = SECRET, **more: Any) -> Situation:
    """An operator in order, with one ExternalSecret; keywords replace parts of it."""
    values: dict[str, Any] = {
        "application": None,
        "crds": crds(strategy="None"),
        "secrets": (synced(),),
        "stores": (store(),),
        **more,
    }
    return Situation(target, **values)


def of_app(application: Any, **more: Any) -> Situation:
    return situation(APP, application=application, **{"secrets": (), "stores": (), **more})


# The write-up: three CRDs whose webhook is gone, and an Application that cannot be applied.
SEED = of_app(FAILED, crds=crds(), converters=(GONE,))
