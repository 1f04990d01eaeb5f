"""The vocabulary of the house as frozen types: what an alert, a target, a finding, a diagnosis and an incident are.

Standard library only. Nothing here looks, decides or words anything; a finding carries facts, and templates turn
them into sentences.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.alerts import Alert, AlertGroup, AlertStatus
from bot.hands import Asked, Tick
from bot.missing import Missing, Reason, Source
from bot.related import NO_RELATIVES, Related, Relative
from bot.silence import Silence

# What others find here though it is defined elsewhere.
__all__ = ["Alert", "AlertGroup", "AlertStatus", "Missing", "Reason", "Related", "Relative", "Source"]

Scalar = str | int | float | bool | None
Row = Mapping[str, Scalar]
Fact = Scalar | tuple[Scalar, ...] | tuple[Row, ...]
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What an alert is about. `namespace` is empty for cluster-wide kinds such as Node."""

    cluster: str
    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{place}{self.kind}/{self.name}"


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    LIKELY = "likely"
    NOT_CHECKED = "not_checked"
    RULED_OUT = "ruled_out"


class Layer(StrEnum):
    GITOPS = "gitops"
    HELM = "helm"
    OPERATOR = "operator"
    LIVE = "live"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Cause:
    """A hypothesis that a runbook declares; the id is stable and kebab-case. `benign`: where it holds, all is well.

    `explains` are the causes of triage that need not be told any more where this one holds, for the container that the
    finding's fact `container` names. What ends and stops nothing explains nothing.
    """

    id: str
    benign: bool = False
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was seen. `key` names its sentence in the templates; `reproduce` is a command to see it again."""

    source: Source
    key: str
    facts: Facts = field(default_factory=dict)
    reproduce: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A suggestion for a human. `key` names its title, commands, patch, risk and verify steps in the templates."""

    key: str
    layer: Layer
    lasting: bool
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart, as (x, value). `key` names its legend in the templates; `step` draws it as stairs."""

    key: str
    points: tuple[tuple[float, float], ...]
    step: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as numbers. `key` names its words in the templates, `facts` are what those may use. x is seconds since 1970,
    or from a beginning where `relative`; `levels` are horizontal lines by key; `unit` is bytes, percent, or any other.
    """

    key: str
    unit: str
    curves: tuple[Curve, ...]
    levels: Mapping[str, float] = field(default_factory=dict)
    relative: bool = False
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause with its verdict. `weight` orders findings of one verdict, best supported first.

    `root` says in a few stable words what the trouble comes from: found with the same cause and the same root, two
    targets have one trouble. Empty where it is the target's own.
    """

    runbook: str
    cause: str
    verdict: Verdict
    facts: Facts = field(default_factory=dict)
    evidence: tuple[Observation, ...] = ()
    fixes: tuple[Fix, ...] = ()
    missing: Missing | None = None
    weight: int = 0
    root: str = ""
    charts: tuple[Chart, ...] = ()

    @property
    def found(self) -> bool:
        return self.verdict in {Verdict.CONFIRMED, Verdict.LIKELY}

    @property
    def trouble(self) -> str:
        """The same for all findings that have one trouble; empty where it is nobody else's."""
        if not (self.found and self.root):
            return ""
        return hashlib.sha256(json.dumps([self.runbook, self.cause, self.root]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed before the alert. `key` names its sentence in the templates."""

    at: datetime
    object: str
    key: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings of a target, what changed, and what could not be looked at for the list of changes."""

    target: Target
    runbooks: tuple[str, ...]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    gaps: tuple[Missing, ...] = ()
    at: datetime | None = None
    took_ms: int = 0


class Outcome(StrEnum):
    """What became of a finding when it was looked for again."""

    FIXED = "fixed"
    STILL_THERE = "still_there"
    UNKNOWN = "unknown"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that a finding had before and has after, as another one; quantities and versions are written as text."""

    name: str
    before: int | float | str
    after: int | float | str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """`finding` is as it was found now, without evidence and charts, and with fixes only where it is new; as it was before
    where nobody answered now.
    """

    outcome: Outcome
    finding: Finding
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Recheck:
    """A diagnosis made again, told against the one before, because `by` asked or of itself. No findings means that nothing
    was found either time; `unchecked` counts the causes that could not be looked for now.
    """

    target: Target
    at: datetime | None
    findings: tuple[Rechecked, ...] = ()
    unchecked: int = 0
    by: str = ""

    def count(self, outcome: Outcome) -> int:
        return sum(rechecked.outcome is outcome for rechecked in self.findings)


class IncidentState(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Incident:
    """Our durable record of one (cluster, receiver, groupKey), from first firing to all resolved.

    `revision` grows with every change that a reader would see; `alerts` holds the newest state of every alert seen.
    By fingerprint, `resolves_heard` says when we first heard of a resolve, and `gone` names the alerts that were closed
    without one, because a complete account of their group no longer knew them. `rechecks` holds the latest of each
    target, told against `diagnoses`, and `asked` says that somebody waits for another; `related`, `silences` and
    `ticks` are read with the incident, never written with it. `peak` is the worst severity that it has had, `rises` says how
    often that became worse, and `moves` how often it went on in another channel by that. `gave_up` names the kind of look,
    `diagnose` or `recheck`, that nobody could make; empty once another one is made or asked for. `left_out` counts what was not
    looked at because it was too much, and `left_out_targets` are the first of those.
    """

    id: str
    cluster: str
    receiver: str
    group_key: str
    state: IncidentState
    opened_at: datetime
    heard_at: datetime
    closed_at: datetime | None
    alerts: tuple[Alert, ...]
    group_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    external_url: str
    truncated: int = 0
    reopened: int = 0
    revision: int = 0
    channel: str = ""
    targets: tuple[Target, ...] = ()
    runbooks: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    diagnosed_revision: int = -1
    resolves_heard: Mapping[str, datetime] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    rechecks: tuple[Recheck, ...] = ()
    asked: Asked | None = None
    related: Related = NO_RELATIVES
    silences: tuple[Silence, ...] = ()
    ticks: tuple[Tick, ...] = ()
    peak: str | None = None
    rises: int = 0
    moves: int = 0
    gave_up: str = ""
    left_out: int = 0
    left_out_targets: tuple[Target, ...] = ()

    @property
    def can_be_looked_at_again(self) -> bool:
        """There is something to compare with, or nobody could look yet."""
        return bool(self.diagnoses or (self.gave_up and self.state is not IncidentState.RESOLVED))

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(a for a in self.alerts if a.status is AlertStatus.FIRING)
