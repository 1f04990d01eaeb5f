"""Which runbooks fit: by the labels of an alert, by the kind of the target, or by the state of a workload. Pure.

An alert that names a problem chooses the runbook of that problem. What names none (a generic alert, a person who asks)
lets the kind of the target choose, and the runbooks that recognise the workload.

Matchers are parsed once, when the chooser is built; one that cannot be understood raises MatcherError there and then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.runbook import Runbook, never
from bot.diagnosis.sources import Unavailable
from bot.matchers import Matcher, match_all, parse_matchers
from bot.model import Reason
from bot.observe import log

FALLBACK = "triage"
# What of an alert decides nothing, and tells whom its answer should begin with.
CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class ExtraMatch:
    """One entry of the configuration's `runbooks.match`: more alerts for a runbook."""

    matchers: tuple[Matcher, ...]
    runbook: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a diagnosis shall run. `named` alone where somebody named runbooks; else the workload may add to `matched`."""

    named: tuple[str, ...] | None = None
    matched: tuple[str, ...] = ()
    by_symptoms: bool = True


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

    def telling(self, alerts: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
        """What a choice depends on: of each alert the labels that some matcher names, and every such set once.

        And the container that it is about, which findings are ordered by.
        """
        named = {
            matcher.name for choices in self._matchers.values() for all_of in choices for matcher in all_of
        }
        named.add(CONTAINER)
        sets = {
            tuple(sorted((name, value) for name, value in labels.items() if name in named))
            for labels in alerts
        }
        return tuple(dict(one) for one in sorted(sets))

    def choose(
        self, names: Sequence[str] | None, kind: str, alerts: Iterable[Mapping[str, str]] = ()
    ) -> Choice:
        """From what is known before anybody looked. An alert that matches nothing asks for the symptoms."""
        if names is not None:
            return Choice(self._known(names) or self.fallback(), by_symptoms=False)
        labels = tuple(alerts)
        matched = [self._of_alert(one) for one in labels]
        chosen = frozenset().union(*matched, self._of_kind(kind))
        generic = not labels or not all(matched)
        return Choice(matched=self._in_order(chosen), by_symptoms=generic and not self._of_kind(kind))

    def named_by(self, known: Mapping[str, str]) -> Mapping[str, tuple[tuple[Matcher, ...], ...]]:
        """The runbooks that alerts of a rule may choose, of whose labels only these are known yet.

        With each, for every way that leads to it, the matchers that other labels must meet: none where it is certain.
        """
        found = {}
        for name, choices in self._matchers.items():
            ways = tuple(
                tuple(matcher for matcher in all_of if matcher.name not in known)
                for all_of in choices
                if match_all((matcher for matcher in all_of if matcher.name in known), known)
            )
            if ways:
                found[name] = ways
        return found

    def chooses_by(self, kind: str) -> bool:
        """Whether a target of this kind alone tells which runbook to run."""
        return bool(self._of_kind(kind))

    def with_symptoms(self, choice: Choice, workload: WorkloadState | Unavailable) -> tuple[str, ...]:
        """What was matched, and the runbooks whose `applies` recognises this workload.

        Of one that is there and cannot be read, nobody knows which would: they all say themselves what they miss.
        """
        if isinstance(workload, Unavailable) and workload.reason is Reason.NOT_FOUND:
            return choice.matched
        fitting = {name for name, runbook in self._runbooks.items() if _applies(runbook, workload)}
        return self._in_order(fitting | set(choice.matched))

    def fallback(self) -> tuple[str, ...]:
        return (FALLBACK,) if FALLBACK in self._runbooks else ()

    def _known(self, names: Sequence[str]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in self._runbooks]
        if unknown:
            # An incident may outlive a runbook that was renamed or removed: the others still run.
            log.warning("unknown runbooks are left out", names=unknown)
        return tuple(name for name in dict.fromkeys(names) if name in self._runbooks)

    def _of_alert(self, labels: Mapping[str, str]) -> frozenset[str]:
        return frozenset(
            name
            for name, choices in self._matchers.items()
            if any(match_all(matchers, labels) for matchers in choices)
        )

    def _of_kind(self, kind: str) -> frozenset[str]:
        return frozenset(name for name, runbook in self._runbooks.items() if kind in runbook.kinds)

    def _in_order(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(name for name in self._runbooks if name in names)


def _applies(runbook: Runbook[Any], workload: WorkloadState | Unavailable) -> bool:
    """A team's own `applies` that fails costs only its own runbook."""
    if isinstance(workload, Unavailable):
        return runbook.applies is not never
    try:
        return bool(runbook.applies(workload))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        log.exception("applies failed", runbook=runbook.name)
        return False
