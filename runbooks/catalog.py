"""All runbooks of the house as one literal tuple, in the order in which they are tried. Nothing registers itself."""

from typing import Any

from bot.diagnosis.runbook import Runbook
from runbooks import (
    crashloop_db_auth,
    eso_sync_failed,
    hpa_slow_scale_down,
    otel_schema_conflict,
    portal_metrics_zero,
    prometheus_oomkilled,
    triage,
)

CATALOG: tuple[Runbook[Any], ...] = (
    prometheus_oomkilled.RUNBOOK,
    crashloop_db_auth.RUNBOOK,
    eso_sync_failed.RUNBOOK,
    otel_schema_conflict.RUNBOOK,
    hpa_slow_scale_down.RUNBOOK,
    portal_metrics_zero.RUNBOOK,
    triage.RUNBOOK,
)
