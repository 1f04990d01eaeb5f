"""A Java service that starts in 161 s under a liveness probe that allows 150 s: it never gets there."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.builders import App, crashing, ended, node, pod_alert, running
from bot.demo.world import Act, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, PodTemplate, Probe
from bot.diagnosis.evidence_objects import ScalerState

_APP = App("reports", "report-service")
_NODE = "worker-a1"
_NEW, _OLD = "69c7f8d5b4-v9z2k", "7b5d6c8f97-d3x8j"
_LOG = """
{at}  INFO 1 --- [main] c.e.report.ReportApplication   : Starting ReportApplication v2.9.0 using Java 21.0.4
{at}  INFO 1 --- [main] o.f.core.internal.command.DbMigrate : Migrating schema "report" to version "47 - backfill monthly totals"
{at}  INFO 1 --- [main] o.f.core.internal.command.DbMigrate : Successfully applied 1 migration to schema "report" (execution time 01:32.417s)
{at}  INFO 1 --- [main] o.s.b.web.embedded.tomcat.TomcatWebServer : Tomcat started on port 8080 (http)
{at}  INFO 1 --- [main] c.e.report.ReportApplication   : Started ReportApplication in 161.318 seconds (process running for 162.9)
{at}  INFO 1 --- [ionShutdownHook] o.s.b.w.e.tomcat.GracefulShutdown : Commencing graceful shutdown. Waiting for active requests to complete
{at}  INFO 1 --- [ionShutdownHook] com.zaxxer.hikari.HikariDataSource : HikariPool-1 - Shutdown completed.
"""


def _template(tag: str) -> PodTemplate:
    spec = ContainerSpec(
        "report-service",
        f"registry.example/shop/report-service:{tag}",
        "main",
        requests={"cpu": "500m", "memory": "768Mi"},
        limits={"memory": "1Gi"},
        probes=(
            Probe("liveness", 60, 30, 1, 3, "http-get :8080/actuator/health/liveness"),
            Probe("readiness", 20, 10, 1, 3, "http-get :8080/actuator/health/readiness"),
        ),
    )
    return PodTemplate((spec,), service_account="report-service")


def _acts(now: datetime) -> tuple[Act, ...]:
    rolled = now - timedelta(minutes=26)
    since = now - timedelta(days=14)
    old, new = _template("2.8.3"), _template("2.9.0")
    end = ended("Error", 143, now - timedelta(seconds=45), after=timedelta(seconds=163))
    line = (now - timedelta(seconds=47)).strftime("%Y-%m-%dT%H:%M:%S.318Z")
    failed = (
        'Liveness probe failed: Get "http://10.42.3.17:8080/actuator/health/liveness": connection refused'
    )
    killed = "Container report-service failed liveness probe, will be restarted"
    warning = _APP.warning(
        _NEW, "Unhealthy", failed, count=24, first=rolled, last=now - timedelta(seconds=60)
    )
    killing = replace(
        _APP.warning(_NEW, "Killing", killed, count=8, first=rolled, last=now - timedelta(seconds=58)),
        type="Normal",
    )
    place = Place(
        _APP.workload(new, now - timedelta(days=400), desired=2, ready=1),
        (
            _APP.pod(
                _NEW, rolled, _NODE, crashing(new.containers[0], f"report-service-{_NEW}", end, restarts=8)
            ),
            _APP.pod(_OLD, since, "worker-a3", running(old.containers[0], since)),
        ),
        (
            _APP.revision(_NEW.split("-", maxsplit=1)[0], 31, rolled, new, 1),
            _APP.revision(_OLD.split("-", maxsplit=1)[0], 30, since, old, 1),
        ),
        (_APP.log(_NEW, "report-service", _LOG.format(at=line), previous=True),),
        (warning, killing),
        scalers=(
            ScalerState(
                "reports",
                "report-service",
                "Deployment",
                "report-service",
                1,
                4,
                2,
                2,
                now - timedelta(minutes=40),
            ),
        ),
    )
    nodes = (
        node(_NODE, now - timedelta(days=120), cpu="4", memory="16Gi"),
        node("worker-a3", now - timedelta(minutes=41), cpu="4", memory="16Gi"),
    )
    alert = pod_alert(
        _APP,
        _NEW,
        "report-service",
        now - timedelta(minutes=3),
        severity="critical",
        reason="CrashLoopBackOff",
    )
    return (Act("a service is killed before it has started", (alert,), World((place,), nodes)),)


SCENARIO = Scenario("slow-start", "Liveness kills at 150 s what needs 161 s to start", _acts)
