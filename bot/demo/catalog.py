"""The catalogue of demo scenarios: one literal tuple, in the order in which they are fired."""

from bot.demo.scenarios import (
    crashloop_db_auth,
    eso_sync_failed,
    hpa_slow_scale_down,
    image_pull,
    logs_forbidden,
    oom_killed,
    otel_schema_conflict,
    portal_metrics_zero,
    prometheus_oomkilled,
    slow_start,
)
from bot.demo.world import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    crashloop_db_auth.SCENARIO,
    oom_killed.SCENARIO,
    image_pull.SCENARIO,
    slow_start.SCENARIO,
    logs_forbidden.SCENARIO,
    prometheus_oomkilled.SCENARIO,
    eso_sync_failed.SCENARIO,
    otel_schema_conflict.SCENARIO,
    hpa_slow_scale_down.SCENARIO,
    portal_metrics_zero.SCENARIO,
)


def named(name: str) -> Scenario | None:
    return next((scenario for scenario in SCENARIOS if scenario.name == name), None)
