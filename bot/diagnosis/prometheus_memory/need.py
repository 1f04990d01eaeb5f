"""How much memory to give: a new limit from what was seen, and what the series of the head would need. Pure.

The limit never goes below what was seen with headroom; the model only says whether even that may be too little.
"""

import math
from dataclasses import dataclass

from bot.diagnosis.quantities import as_memory

_MI, _GI = 2**20, 2**30
HEADROOM = 1.5
# Below each bound, limits are rounded up to a whole multiple of the step.
_STEPS = ((256 * _MI, 64 * _MI), (4 * _GI, 512 * _MI), (16 * _GI, _GI))
_LARGEST_STEP = 4 * _GI

# 2.5 GB for 300 000 series in memory, garbage that Go has not yet collected and churn included:
# https://grafana.com/docs/mimir/latest/manage/run-production-environment/planning-capacity/#ingester
BYTES_PER_SERIES = 8 * 1024
# The process itself, its rules and its targets.
BASE = 150 * _MI


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new limit: in bytes, and as it is written."""

    size: int
    text: str


def propose(limit: int | None, peak: int | None) -> Proposal | None:
    """What a container was seen to use is no more than its limit let it use: the larger of both, with headroom."""
    seen = max(limit or 0, peak or 0)
    if not seen:
        return None
    wanted = math.ceil(seen * HEADROOM)
    step = next((step for bound, step in _STEPS if wanted <= bound), _LARGEST_STEP)
    size = -(-wanted // step) * step
    return Proposal(size, as_memory(size))


def needed(series: float) -> int:
    """What a head of so many series takes while nothing but scraping and rules goes on."""
    return BASE + math.ceil(series) * BYTES_PER_SERIES
