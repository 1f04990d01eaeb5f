"""When no source answers: how to tell, and how long to wait before it is looked again. Pure.

A cluster's silence is nobody's failure, and ends without anybody pressing a button.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.model import Diagnosis, Reason

_MAY_PASS = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.NOT_READY})
_LONGEST_PAUSE = 300.0


def blind(diagnoses: Sequence[Diagnosis]) -> bool:
    """Nothing was seen at all, for reasons that may pass."""
    return bool(diagnoses) and all(map(_blind, diagnoses))


def _blind(diagnosis: Diagnosis) -> bool:
    return bool(diagnosis.findings) and all(
        finding.missing is not None and finding.missing.reason in _MAY_PASS for finding in diagnosis.findings
    )


def pause(first: float, lasted: timedelta) -> float:
    """Seconds until the next look: the longer it has been silent, the longer, and never more than five minutes."""
    return min(max(first, lasted.total_seconds() / 4), _LONGEST_PAUSE)


def as_before(before: Sequence[Diagnosis], now: Sequence[Diagnosis]) -> bool:
    """Nothing else was found."""
    return [each.findings for each in before] == [each.findings for each in now]
