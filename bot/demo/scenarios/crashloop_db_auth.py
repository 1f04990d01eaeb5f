"""A release makes the database user follow the database name; every new pod is refused by PostgreSQL.

The old pod still serves. A second service with the same chart joins the group, and a roll-back makes it all green.
"""

from datetime import datetime, timedelta

from bot.demo.builders import App, crashing, ended, node, over, pod_alert, running
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote, PodTemplate, Probe

_NODE = "worker-a1"
_PROBE = Probe("readiness", 5, 10, 1, 3, "http-get :8000/health")
_LOG = """
{at} INFO  config loaded service={app} env=prod port=8000
{at} INFO  connecting to database host=postgres.shop.svc port=5432 dbname={db} sslmode=require
{at} WARN  database connection failed, retrying attempt=1 error="failed to connect to `user={db} database={db}`: server error: FATAL: password authentication failed for user \\"{db}\\" (SQLSTATE 28P01)"
{at} WARN  database connection failed, retrying attempt=2 error="server error: FATAL: password authentication failed for user \\"{db}\\" (SQLSTATE 28P01)"
{at} FATAL could not open the database error="password authentication failed for user \\"{db}\\" (SQLSTATE 28P01)"
"""


def _template(app: App, tag: str, user: str) -> PodTemplate:
    env = (
        EnvVar("DB_HOST", "postgres.shop.svc"),
        EnvVar("DB_NAME", _db(app)),
        EnvVar("DB_USER", user),
        EnvVar("DB_PASSWORD", "", f"secret/{app.name}-db/password"),
    )
    spec = ContainerSpec(
        app.name,
        f"registry.example/shop/{app.name}:{tag}",
        "main",
        env=env,
        env_from=(EnvSource("ConfigMap", f"{app.name}-config"),),
        requests={"cpu": "100m", "memory": "128Mi"},
        limits={"memory": "256Mi"},
        probes=(_PROBE,),
    )
    return PodTemplate((spec,), service_account=app.name)


def _db(app: App) -> str:
    return app.name.replace("-service", "_db")


def _broken(app: App, now: datetime, suffixes: tuple[str, str]) -> Place:
    good, bad = _template(app, "1.4.1", "shop_admin"), _template(app, "1.4.1", _db(app))
    new, old = suffixes
    changed = now - timedelta(minutes=7)
    died = now - timedelta(seconds=50)
    end = ended("Error", 1, died, after=timedelta(seconds=4))
    line = died.strftime("%Y-%m-%dT%H:%M:%SZ")
    first = changed + timedelta(seconds=20)
    return Place(
        app.workload(bad, now - timedelta(days=90), desired=2, ready=1),
        (
            app.pod(new, changed, _NODE, crashing(bad.containers[0], f"{app.name}-{new}", end, restarts=5)),
            app.pod(
                old, now - timedelta(days=6), _NODE, running(good.containers[0], now - timedelta(days=6))
            ),
        ),
        (
            app.revision(new.split("-")[0], 7, changed, bad, 1),
            app.revision(old.split("-")[0], 6, now - timedelta(days=6), good, 1),
        ),
        (app.log(new, app.name, _LOG.format(at=line, app=app.name, db=_db(app)), previous=True),),
        (
            app.warning(
                new,
                "BackOff",
                f"Back-off restarting failed container {app.name} in pod {app.name}-{new}",
                count=23,
                first=first,
                last=now - timedelta(seconds=20),
            ),
        ),
    )


def _healthy(app: App, now: datetime, suffixes: tuple[str, str]) -> Place:
    good, bad = _template(app, "1.4.1", "shop_admin"), _template(app, "1.4.1", _db(app))
    new, old = suffixes
    old_set = old.split("-")[0]
    return Place(
        app.workload(good, now - timedelta(days=90), desired=2, ready=2),
        tuple(
            app.pod(f"{old_set}-{end}", since, _NODE, running(good.containers[0], since))
            for end, since in (
                (old.split("-")[1], now - timedelta(days=6)),
                ("w2m7k", now + timedelta(seconds=15)),
            )
        ),
        (
            app.revision(old_set, 8, now - timedelta(days=6), good, 2),
            app.revision(new.split("-")[0], 7, now - timedelta(minutes=7), bad, 0),
        ),
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    board, user = App("shop", "board-service"), App("shop", "user-service")
    pods = {board: ("7d9f6c5b8d-x2x9p", "6c8b5d7f9c-j4kqm"), user: ("5f7c8d9b6b-q8r2t", "84d6f9c7b5-n5v7c")}
    since = now - timedelta(minutes=1)
    first = pod_alert(board, pods[board][0], board.name, since, reason="CrashLoopBackOff")
    second = pod_alert(user, pods[user][0], user.name, now, reason="CrashLoopBackOff")
    notes = tuple(
        ObjectNote(kind, "shop", f"{app.name}{end}", now - timedelta(days=90), now - timedelta(days=40))
        for app in pods
        for kind, end in (("ConfigMap", "-config"), ("Secret", "-db"))
    )
    nodes = (node(_NODE, now - timedelta(days=120), cpu="4", memory="16Gi"),)
    broken = tuple(_broken(app, now, pair) for app, pair in pods.items())
    healthy = tuple(_healthy(app, now, pair) for app, pair in pods.items())
    well = World(healthy, nodes, notes)
    return (
        Act("board-service crash loops", (first,), World(broken, nodes, notes)),
        Act("user-service joins the same group", (first, second), World(broken, nodes, notes), after=12),
        Act(
            "the release is rolled back: both resolved",
            over((first, second), now + timedelta(seconds=35)),
            well,
            after=25,
        ),
    )


SCENARIO = Scenario("crashloop-db-auth", "A release changed DB_USER; PostgreSQL refuses every new pod", _acts)
