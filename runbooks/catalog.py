"""All runbooks of the house as one literal tuple, in the order in which they are tried. Nothing registers itself."""

from typing import Any

from bot.diagnosis.runbook import Runbook
from runbooks import triage

CATALOG: tuple[Runbook[Any], ...] = (triage.RUNBOOK,)
