"""All runbooks of the house as one literal tuple, in the order in which they are tried. Nothing registers itself."""

from typing import Any

from bot.diagnosis.runbook import Runbook
from runbooks import hpa_slow_scale_down, triage

CATALOG: tuple[Runbook[Any], ...] = (hpa_slow_scale_down.RUNBOOK, triage.RUNBOOK)
