"""A portal shows zeros and no error: Prometheus behind a prefix, no ArgoCD token, no tables. Then all three are set."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.bodies import Draft
from bot.demo.builders import App, node, over, running
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, EnvSource, ObjectNote, PodTemplate
from bot.diagnosis.evidence_objects import (
    AddressState,
    ApplicationState,
    ConfigMapState,
    ExternalSecretState,
    ServiceState,
)
from bot.diagnosis.looks import SecretNote
from bot.diagnosis.looks_metrics import PrometheusAt
from bot.diagnosis.looks_objects import ConfigMapOf, ExternalSecretsOf

_NAMESPACE = "wealist-prod"
_APP = App(_NAMESPACE, "ops-service")
_PROMETHEUS = App(_NAMESPACE, "prometheus")
_URL = "http://prometheus.wealist-prod.svc.cluster.local:9090"
_ASKED = "http://prometheus.wealist-prod.svc:9090"
_PREFIX = "/api/monitoring/prometheus"
_TRACKED = {"argocd.argoproj.io/tracking-id": "ops-service-prod:apps/Deployment:wealist-prod/ops-service"}
_SPEC = ContainerSpec(
    "ops-service",
    "registry.example/ops-service:0.8.0",
    "main",
    env_from=(
        EnvSource("ConfigMap", "ops-service-config"),
        EnvSource("Secret", "ops-service-argocd-token", optional=True),
    ),
)
_SERVER = ContainerSpec(
    "prometheus", "prom/prometheus:v2.55.1", "main", args=(f"--web.route-prefix={_PREFIX}",)
)
_BROKEN = """
{"level":"info","msg":"Starting ops-service"}
{"level":"warn","msg":"ArgoCD configuration incomplete, ArgoCD features disabled"}
{"level":"info","msg":"Listening","port":8000}
{"level":"error","msg":"ERROR: relation \\"audit_logs\\" does not exist (SQLSTATE 42P01)","path":"/api/admin/audit-logs"}
{"level":"error","msg":"ERROR: constraint \\"uni_portal_users_email\\" of relation \\"portal_users\\" does not exist (SQLSTATE 42704)"}
"""
_WELL = """
{"level":"info","msg":"Starting ops-service"}
{"level":"info","msg":"ArgoCD client ready"}
{"level":"info","msg":"Listening","port":8000}
"""


def _place(app: App, spec: ContainerSpec, now: datetime, log: str = "", **marks: str) -> Place:
    template, since = PodTemplate((spec,)), now - timedelta(hours=20)
    workload = replace(
        app.workload(template, now - timedelta(days=60), desired=1, ready=1), annotations=marks
    )
    digest, suffix = ("7b9d6c5f48", "h6j2k") if app is _APP else ("6c8f9d7b54", "q8w2z")
    services = (ServiceState(_NAMESPACE, app.name, workload.selector, ("http 9090 → 9090/TCP",)),)
    return Place(
        workload,
        (app.pod(f"{digest}-{suffix}", since, "worker-d1", running(spec, since)),),
        (app.revision(digest, 3, since, template, 1),),
        logs=(app.log(f"{digest}-{suffix}", spec.name, log),) if log else (),
        services=services,
    )


def _world(now: datetime, *, mended: bool) -> World:
    url = _URL + _PREFIX if mended else _URL
    config = {
        "PROMETHEUS_URL": url,
        "ARGOCD_SERVER_URL": "https://argocd.wealist.example",
        "DB_AUTO_MIGRATE": "true" if mended else "false",
    }
    keys = ("ARGOCD_TOKEN",) if mended else ()
    note = ObjectNote("Secret", _NAMESPACE, "ops-service-argocd-token", now, now, keys=keys)
    application = ApplicationState(
        "argocd", "ops-service-prod", "default", "Synced", "Healthy", "0a1b2c3", "", "", None, None,
        helm=True, parameters={"config.PROMETHEUS_URL": url},
    )  # fmt: skip
    neighbour = ExternalSecretState(
        _NAMESPACE, "shared", "v1", "ClusterSecretStore", "aws-secrets-manager", "shared"
    )
    return World(
        (
            _place(_APP, _SPEC, now, _WELL if mended else _BROKEN, **_TRACKED),
            _place(_PROMETHEUS, _SERVER, now),
        ),
        (node("worker-d1", now - timedelta(days=90), cpu="4", memory="16Gi"),),
        applications=(application,),
        answers={
            ConfigMapOf(_NAMESPACE, "ops-service-config"): ConfigMapState(
                _NAMESPACE, "ops-service-config", config
            ),
            **({SecretNote(_NAMESPACE, "ops-service-argocd-token"): note} if mended else {}),
            ExternalSecretsOf(_NAMESPACE): (neighbour,),
            PrometheusAt(_ASKED): AddressState(_ASKED, 404, is_api=False),
            PrometheusAt(_ASKED + _PREFIX): AddressState(_ASKED + _PREFIX, 200, is_api=True),
        },
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    alert = Draft(
        {
            "alertname": "OpsPortalShowsZeros",
            "severity": "warning",
            "namespace": _NAMESPACE,
            "deployment": "ops-service",
            "prometheus": "monitoring/k8s",
        },
        now - timedelta(minutes=2),
        {"description": "ops-portal has shown 0 requests for 15 minutes while traffic is normal."},
    )
    return (
        Act("the portal shows zeros", (alert,), _world(now, mended=False)),
        Act(
            "address, token and migration are set: resolved",
            over((alert,), now + timedelta(seconds=40)),
            _world(now, mended=True),
            after=41,
        ),
    )


SCENARIO = Scenario(
    "portal-metrics-zero", "A portal shows zeros: a path, a token and a migration are missing", _acts
)
