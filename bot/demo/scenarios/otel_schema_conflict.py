"""Three services run and send no traces since their SDK and their semantic conventions disagree. Then all are rebuilt."""

from datetime import datetime, timedelta

from bot.demo.bodies import Draft
from bot.demo.builders import App, node, over, running
from bot.demo.world import Act, Metric, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, EnvVar, PodTemplate

_NAMESPACE = "wealist-prod"
_APPS = (
    ("user-service", "5c4b7d8f9c-m4n7q"),
    ("feed-service", "7d9f8c6b5d-x2k9p"),
    ("chat-service", "6f7d9c8b4b-z9x8c"),
)
_CONFLICT = (
    '{{"level":"info","msg":"Starting {app}","version":"1.9.0"}}\n'
    '{{"level":"warn","msg":"Failed to initialize OpenTelemetry, continuing without tracing","error":"conflicting Schema URL: '
    'https://opentelemetry.io/schemas/1.26.0 and https://opentelemetry.io/schemas/1.32.0"}}\n'
    '{{"level":"info","msg":"GORM OpenTelemetry tracing enabled"}}\n'
    '{{"level":"info","msg":"Listening","port":8000}}\n'
)
_WELL = (
    '{{"level":"info","msg":"Starting {app}","version":"1.9.1"}}\n'
    '{{"level":"info","msg":"OpenTelemetry initialized"}}\n'
    '{{"level":"info","msg":"GORM OpenTelemetry tracing enabled"}}\n'
    '{{"level":"info","msg":"Listening","port":8000}}\n'
)


def _place(name: str, pod: str, now: datetime, version: str, log: str) -> Place:
    app, since = App(_NAMESPACE, name), now - timedelta(hours=3)
    spec = ContainerSpec(
        name,
        f"registry.example/{name}:{version}",
        "main",
        env=(EnvVar("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector:4317"),),
    )
    template, digest = PodTemplate((spec,)), pod.partition("-")[0]
    return Place(
        app.workload(template, now - timedelta(days=80), desired=1, ready=1),
        (app.pod(pod, since, "worker-e1", running(spec, since)),),
        (app.revision(digest, 19, since, template, 1),),
        logs=(app.log(pod, name, log.format(app=name)),),
    )


def _world(now: datetime, version: str, log: str, rate: float) -> World:
    spans = Metric("otelcol_receiver_accepted_spans_total", {"job": "otel-collector"}, lambda _at: rate)
    return World(
        tuple(_place(name, pod, now, version, log) for name, pod in _APPS),
        (node("worker-e1", now - timedelta(days=90), cpu="8", memory="32Gi"),),
        metrics=(spans,),
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    alert = Draft(
        {
            "alertname": "OtelSpansMissing",
            "severity": "warning",
            "namespace": _NAMESPACE,
            "deployment": "user-service",
            "prometheus": "monitoring/k8s",
        },
        now - timedelta(minutes=4),
        {"description": "No spans of user-service have arrived for 30 minutes."},
    )
    return (
        Act("traces stop", (alert,), _world(now, "1.9.0", _CONFLICT, 0.0)),
        Act(
            "rebuilt with one schema: resolved",
            over((alert,), now + timedelta(seconds=38)),
            _world(now, "1.9.1", _WELL, 42.0),
            after=39,
        ),
    )


SCENARIO = Scenario(
    "otel-schema-conflict", "Three services run without traces: two schema versions conflict", _acts
)
