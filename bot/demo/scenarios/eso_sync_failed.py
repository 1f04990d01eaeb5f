"""After an upgrade three CRDs still name a conversion webhook that is gone, so ArgoCD cannot apply; then they do without."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.demo.bodies import Draft
from bot.demo.builders import App, node, over, running
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import Condition, ContainerSpec, ObjectNote, PodTemplate
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    AppResource,
    CrdState,
    CrdVersion,
    Deployed,
    ExternalSecretState,
    SecretKey,
    StoreState,
)
from bot.diagnosis.looks import SecretNote
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, ExternalSecretsOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source

_NAMESPACE, _SECRET, _STORE = "wealist-prod", "wealist-shared-secret", "aws-secrets-manager"
_APPLICATION, _GROUP = "external-secrets-config-prod", "external-secrets.io"
_OPERATOR = App("external-secrets", "external-secrets")
_SPEC = ContainerSpec("external-secrets", "ghcr.io/external-secrets/external-secrets:v0.17.0", "main")
_KINDS = {
    "clustersecretstores": "ClusterSecretStore",
    "externalsecrets": "ExternalSecret",
    "secretstores": "SecretStore",
}
_DEAD = (
    "conversion webhook for external-secrets.io/v1beta1, Kind={kind} failed: Post "
    '"https://external-secrets-webhook.external-secrets.svc:443/convert?timeout=30s": dial tcp: '
    "lookup external-secrets-webhook.external-secrets.svc: no such host"
)
_REVISION = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


def _crd(plural: str, kind: str, *, mended: bool) -> CrdState:
    schema = f"{plural:0<64}"
    return CrdState(
        f"{plural}.{_GROUP}",
        kind,
        (
            CrdVersion("v1", served=True, storage=True, schema=schema),
            CrdVersion("v1beta1", served=False, storage=False, schema=schema),
        ),
        "None" if mended else "Webhook",
        "" if mended else "external-secrets/external-secrets-webhook",
        stored_versions=("v1beta1", "v1"),
    )


def _unreadable(kind: str, resource: str, namespace: str = "") -> Unavailable:
    detail = f"HTTP 500: {_DEAD.format(kind=kind)}"
    return Unavailable(Source.KUBERNETES, Reason.NOT_READY, "get", resource, namespace, detail, group=_GROUP)


def _objects(now: datetime, *, mended: bool) -> dict[Look[Any], Any]:
    """The store and the ExternalSecret as the API server gives them, or its words while it cannot."""
    store, secret = ClusterStoreOf(_STORE), ExternalSecretsOf(_NAMESPACE, _SECRET)
    if not mended:
        return {
            store: _unreadable("ClusterSecretStore", "clustersecretstores"),
            secret: _unreadable("ExternalSecret", "externalsecrets", _NAMESPACE),
        }
    valid = Condition("Ready", "True", "Valid", "store validated", now)
    synced = Condition("Ready", "True", "SecretSynced", "secret synced", now)
    state = ExternalSecretState(
        _NAMESPACE,
        _SECRET,
        "v1",
        "ClusterSecretStore",
        _STORE,
        _SECRET,
        keys=(SecretKey("DB_PASSWORD", "wealist/prod/shared", "DB_PASSWORD"),),
        conditions=(synced,),
        refreshed_at=now,
        refresh_interval="1h",
    )
    note = ObjectNote("Secret", _NAMESPACE, _SECRET, now, now, keys=("DB_PASSWORD",))
    return {
        store: StoreState("ClusterSecretStore", "", _STORE, "v1", "aws", (valid,)),
        secret: (state,),
        SecretNote(_NAMESPACE, _SECRET): note,
    }


def _application(now: datetime, *, mended: bool) -> ApplicationState:
    state = ApplicationState(
        "argocd",
        _APPLICATION,
        "default",
        "Synced",
        "Healthy",
        _REVISION,
        "Succeeded",
        "successfully synced (all tasks run)",
        now - timedelta(minutes=12),
        now - timedelta(minutes=11),
        history=(Deployed(now - timedelta(days=20), _REVISION, 41),),
        repo="https://git.example/wealist.git",
        path="k8s/argocd/base/external-secrets",
        automated=True,
        self_heal=True,
    )
    if mended:
        return state
    failed = _DEAD.format(kind="ClusterSecretStore")
    return replace(
        state,
        sync="OutOfSync",
        health="Degraded",
        revision="",
        phase="Failed",
        message=f"one or more objects failed to apply, reason: {failed}",
        resources=(
            AppResource(_GROUP, "ClusterSecretStore", "", _STORE, "OutOfSync"),
            AppResource(_GROUP, "ExternalSecret", _NAMESPACE, _SECRET, "OutOfSync"),
        ),
        sync_results=(AppResource(_GROUP, "ClusterSecretStore", "", _STORE, "SyncFailed", failed),),
        out_of_sync=(f"ClusterSecretStore/{_STORE}", f"ExternalSecret/{_SECRET}"),
    )


def _world(now: datetime, *, mended: bool) -> World:
    since, template = now - timedelta(hours=3), PodTemplate((_SPEC,))
    operator = Place(
        _OPERATOR.workload(template, now - timedelta(days=200), desired=1, ready=1),
        (_OPERATOR.pod("6c9f8d7b5c-x2k9p", since, "worker-e1", running(_SPEC, since)),),
        (_OPERATOR.revision("6c9f8d7b5c", 9, since, template, 1),),
    )
    crds = (_crd(plural, kind, mended=mended) for plural, kind in _KINDS.items())
    return World(
        (operator,),
        (node("worker-e1", now - timedelta(days=90), cpu="4", memory="16Gi"),),
        applications=(_application(now, mended=mended),),
        answers={**{CrdOf(crd.name): crd for crd in crds}, **_objects(now, mended=mended)},
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    labels = {
        "alertname": "ArgoCdAppSyncFailed",
        "severity": "critical",
        "name": _APPLICATION,
        "namespace": "argocd",
        "project": "default",
        "dest_namespace": _NAMESPACE,
        "dest_server": "https://kubernetes.default.svc",
        "sync_status": "OutOfSync",
        "health_status": "Degraded",
        "job": "argocd-metrics",
        "prometheus": "monitoring/k8s",
    }
    text = f"ArgoCD application {_APPLICATION} failed to sync 3 times in the last 10 minutes."
    alert = Draft(labels, now - timedelta(minutes=4), {"description": text})
    return (
        Act("the sync fails on a webhook that is gone", (alert,), _world(now, mended=False)),
        Act(
            "the CRDs do without conversion and ArgoCD has applied: resolved",
            over((alert,), now + timedelta(seconds=35)),
            _world(now, mended=True),
            after=36,
        ),
    )


SCENARIO = Scenario(
    "eso-sync-failed", "ArgoCD cannot apply: the CRDs of an operator name a webhook that is gone", _acts
)
