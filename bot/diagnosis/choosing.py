"""Which runbooks fit: by the labels of an alert, or by the state of a workload when a person asks. Pure.

Matchers are parsed once, when the chooser is built; one that cannot be understood raises MatcherError there and then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.runbook import Runbook
from bot.matchers import Matcher, match_all, parse_matchers
from bot.observe import log

FALLBACK = "triage"


@dataclass(frozen=True, slots=True)
class ExtraMatch:
    """One entry of the configuration's `runbooks.match`: more alerts for a runbook."""

    matchers: tuple[Matcher, ...]
    runbook: str


class Chooser:
    """Names come out in the order of the catalogue, so that the same alert always gives the same list."""

    def __init__(self, runbooks: Sequence[Runbook[Any]], extra: Iterable[ExtraMatch] = ()) -> None:
        self._runbooks = {runbook.name: runbook for runbook in runbooks}
        self._matchers: dict[str, list[tuple[Matcher, ...]]] = {
            runbook.name: [parse_matchers(text) for text in runbook.alerts] for runbook in runbooks
        }
        for entry in extra:
            if entry.runbook not in self._matchers:
                raise ValueError(f"runbooks.match names {entry.runbook!r}, which is not a loaded runbook")
            self._matchers[entry.runbook].append(entry.matchers)

    def for_alerts(self, alerts: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
        """The runbooks that any of these label sets chooses; the fallback when none does."""
        labels = tuple(alerts)
        return self._or_fallback(
            name
            for name, choices in self._matchers.items()
            if any(match_all(matchers, one) for matchers in choices for one in labels)
        )

    def for_symptoms(self, workload: WorkloadState) -> tuple[str, ...]:
        """The runbooks whose `applies` recognises this workload; the fallback when none does."""
        return self._or_fallback(
            name for name, runbook in self._runbooks.items() if _applies(runbook, workload)
        )

    def fallback(self) -> tuple[str, ...]:
        return (FALLBACK,) if FALLBACK in self._runbooks else ()

    def _or_fallback(self, chosen: Iterable[str]) -> tuple[str, ...]:
        return tuple(chosen) or self.fallback()


def _applies(runbook: Runbook[Any], workload: WorkloadState) -> bool:
    """A team's own `applies` that fails costs only its own runbook."""
    try:
        return bool(runbook.applies(workload))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        log.exception("applies failed", runbook=runbook.name)
        return False
