"""A release of the chart makes the database user from the database's name, over the shared one: PostgreSQL refuses it.

The old pods still serve. Five more services have the same chart and join the group; with the template corrected, all
of them come up with the shared user.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.demo.builders import App, crashing, ended, node, over, pod_alert, running
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, EnvSource, Marks, ObjectNote, PodTemplate, Probe
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.looks_objects import ConfigMapOf
from bot.diagnosis.sources import Look

_NODE, _NAMESPACE = "worker-a1", "shop"
_SHARED, _SECRET, _ADMIN = "shared-config", "shared-secret", "wealist_admin"
_PROBE = Probe("readiness", 5, 10, 1, 3, "http-get :8000/health")
# Each service with its new pod and its old one.
_SERVICES = (
    ("board", "7d9f6c5b8d-x2x9p", "6c8b5d7f9c-j4kqm"),
    ("user", "5f7c8d9b6b-q8r2t", "84d6f9c7b5-n5v7c"),
    ("chat", "66d8b9f7c4-h7m2w", "59c7f8d6b8-z3t6k"),
    ("noti", "7b6c9d8f5b-p4x8d", "6d5f7c9b8c-r9w5n"),
    ("storage", "86f9d7c5b9-t6k3v", "7c8d6b9f5d-m2q7x"),
    ("video", "94b7f6d8c5-w5n9j", "8f6c9d7b4f-k8h4p"),
)
_LOG = """
{at} INFO  config loaded service={app} env=prod port=8000
{at} INFO  connecting to database host=postgres.data.svc port=5432 dbname=wealist_{user} sslmode=require
{at} WARN  database connection failed, retrying attempt=1 error="failed to connect to `user={user} database=wealist_{user}`: server error: FATAL: password authentication failed for user \\"{user}\\" (SQLSTATE 28P01)"
{at} WARN  database connection failed, retrying attempt=2 error="server error: FATAL: password authentication failed for user \\"{user}\\" (SQLSTATE 28P01)"
{at} FATAL could not open the database error="password authentication failed for user \\"{user}\\" (SQLSTATE 28P01)"
"""


def _app(service: str) -> App:
    return App(_NAMESPACE, f"{service}-service", labels={"app.kubernetes.io/managed-by": "Helm"})


def _marks(release: str) -> Marks:
    annotations = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": _NAMESPACE}
    return Marks({"app.kubernetes.io/managed-by": "Helm"}, annotations, ("helm",))


def _template(app: App, tag: str) -> PodTemplate:
    spec = ContainerSpec(
        app.name,
        f"registry.example/shop/{app.name}:{tag}",
        "main",
        env_from=(
            EnvSource("ConfigMap", _SHARED),
            EnvSource("ConfigMap", f"{app.name}-config"),
            EnvSource("Secret", _SECRET),
        ),
        requests={"cpu": "100m", "memory": "128Mi"},
        limits={"memory": "256Mi"},
        probes=(_PROBE,),
    )
    return PodTemplate((spec,), service_account=app.name)


def _place(service: tuple[str, str, str], now: datetime, *, healed: bool) -> Place:
    name, new, old = service
    app = _app(name)
    before, after = _template(app, "1.4.1"), _template(app, "1.4.2")
    released, first = now - timedelta(minutes=7), now - timedelta(days=6)
    fresh, stale = after.containers[0], before.containers[0]
    revisions = (
        app.revision(new.split("-")[0], 7, released, after, 2 if healed else 1),
        app.revision(old.split("-")[0], 6, first, before, 0 if healed else 1),
    )
    workload = app.workload(after, now - timedelta(days=90), desired=2, ready=2 if healed else 1)
    workload = replace(workload, annotations=dict(_marks(app.name).annotations), managers=("helm",))
    if healed:
        digest = new.split("-")[0]
        pods = tuple(
            app.pod(f"{digest}-{end}", now, _NODE, running(fresh, now)) for end in ("c7v2m", "w2m7k")
        )
        return Place(workload, pods, revisions)
    died = now - timedelta(seconds=50)
    end = ended("Error", 1, died, after=timedelta(seconds=4))
    text = _LOG.format(at=died.strftime("%Y-%m-%dT%H:%M:%SZ"), app=app.name, user=f"{name}_db")
    back_off = f"Back-off restarting failed container {app.name} in pod {app.name}-{new}"
    begun, last = released + timedelta(seconds=20), now - timedelta(seconds=20)
    return Place(
        workload,
        (
            app.pod(new, released, _NODE, crashing(fresh, f"{app.name}-{new}", end, restarts=5)),
            app.pod(old, first, _NODE, running(stale, first)),
        ),
        revisions,
        (app.log(new, app.name, text, previous=True),),
        (app.warning(new, "BackOff", back_off, count=23, first=begun, last=last),),
    )


def _settings(now: datetime, *, healed: bool) -> Iterator[ConfigMapState]:
    """The chart's own ConfigMap of each service; corrected, it leaves the user to the shared one."""
    old = now - timedelta(days=40)
    shared = {"DB_HOST": "postgres.data.svc", "DB_PORT": "5432", "DB_USER": _ADMIN, "LOG_LEVEL": "info"}
    yield ConfigMapState(_NAMESPACE, _SHARED, shared, _marks("wealist"), old, "helm")
    released = now if healed else now - timedelta(minutes=7)
    for name, _new, _old in _SERVICES:
        own = {"DB_NAME": f"wealist_{name}_db", "PORT": "8000"}
        if not healed:
            own["DB_USER"] = f"{name}_db"
        release = f"{name}-service"
        yield ConfigMapState(_NAMESPACE, f"{release}-config", own, _marks(release), released, "helm")


def _world(now: datetime, *, healed: bool) -> World:
    settings = tuple(_settings(now, healed=healed))
    answers: dict[Look[Any], Any] = {ConfigMapOf(one.namespace, one.name): one for one in settings}
    created = now - timedelta(days=90)
    notes = (
        ObjectNote("Secret", _NAMESPACE, _SECRET, created, now - timedelta(days=30), "external-secrets", keys=("DB_PASSWORD",)),
        *(ObjectNote("ConfigMap", one.namespace, one.name, created, one.changed_at, one.changed_by) for one in settings),
    )  # fmt: skip
    return World(
        tuple(_place(service, now, healed=healed) for service in _SERVICES),
        (node(_NODE, now - timedelta(days=120), cpu="4", memory="16Gi"),),
        notes,
        answers=answers,
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    broken, since = _world(now, healed=False), now - timedelta(minutes=1)
    alerts = tuple(
        pod_alert(_app(name), new, f"{name}-service", since if name == "board" else now, reason="CrashLoopBackOff")
        for name, new, _old in _SERVICES
    )  # fmt: skip
    return (
        Act("board-service crash loops", alerts[:1], broken),
        Act("five more services join the same group", alerts, broken, after=12),
        Act(
            "the chart's template is corrected: all resolved",
            over(alerts, now + timedelta(seconds=35)),
            _world(now, healed=True),
            after=25,
        ),
    )


SCENARIO = Scenario(
    "crashloop-db-auth", "A chart makes DB_USER over the shared one; PostgreSQL refuses every new pod", _acts
)
