"""How bad what an alert's label `severity` names is: one order for routes, headlines, digests and storms alike.

Standard library only.
"""

from collections.abc import Iterable, Mapping

# Worst first; those of one line are equally bad, and of several the first is told.
_ORDER = (
    ("critical",),
    ("page", "error", "high", "major"),
    ("warning", "warn"),
    ("minor",),
    ("info", "low"),
    ("none",),
)
_RANKS: Mapping[str, int] = {name: rank for rank, names in enumerate(_ORDER) for name in names}
_PLACES: Mapping[str, int] = {name: place for place, name in enumerate(_RANKS)}
# Any other name, and none at all, may matter, and must not outrank a warning.
_UNKNOWN = _RANKS["minor"]
# They call somebody now.
URGENT = ("critical", "page")


def severity_of(labels: Mapping[str, str]) -> str:
    return labels.get("severity", "").strip()


def rank(severity: str) -> int:
    """0 is worst."""
    return _RANKS.get(severity.strip().lower(), _UNKNOWN)


def worst_of(severities: Iterable[str]) -> str:
    """One of the worst, as it is written; the same one in whatever order they come."""
    return min(severities, key=_order, default="")


def is_urgent(severity: str) -> bool:
    return severity.strip().lower() in URGENT


def _order(severity: str) -> tuple[int, int, bool, str]:
    name = severity.strip().lower()
    return rank(name), _PLACES.get(name, len(_PLACES)), not name, severity
