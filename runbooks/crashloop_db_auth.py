"""Why does a database refuse this workload?  No alert names it: it runs where a workload is not well.

The line that the container wrote last decides what kind of refusal it is; the effective environment tells which source
gives the refused user, and what that overrides. What only the network refused is no matter of credentials.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from bot.diagnosis.database.credentials import password_stale, password_wrong, user_overridden
from bot.diagnosis.database.looking import look_for_refusals
from bot.diagnosis.database.refusal import Trouble
from bot.diagnosis.database.remedies import to_look
from bot.diagnosis.database.rerun import and_run_again
from bot.diagnosis.database.roots import root_of
from bot.diagnosis.database.server import (
    database_missing,
    login_blocked,
    permission_denied,
    refused_by_policy,
    too_many_connections,
    unreachable,
    user_missing,
)
from bot.diagnosis.database.shown import elsewhere_facts, recovered_facts
from bot.diagnosis.database.situation import (
    Evidence,
    Refused,
    elsewhere,
    log_gap,
    logs_read,
    look_gap,
    refused,
)
from bot.diagnosis.database.unresolved import (
    TROUBLES,
    Unresolved,
    setting_unresolved,
    unresolved_facts,
    unresolved_of,
    yielding,
)
from bot.diagnosis.database.variables import of_database
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.reads import (
    APPLICATION_READ,
    CONFIG_READ,
    ENDPOINT_READ,
    EVENT_READ,
    JOB_READ,
    NODE_READ,
    POD_LOGS,
    POD_READ,
    SCALER_READ,
    SECRET_META,
    SERVICE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.siblings import ailing
from bot.model import Cause, Facts, Finding

NAME = "crashloop_db_auth"

Judge = Callable[[Evidence, Refused, Answer], Finding]

# What only the workload itself has.
_OWN = "db-setting-unresolved"
# In this order of weight: what explains others stands before what it explains.
_EXPLAINS = ("crashing", "probe-failing", "job-failed", "rollout-stuck")
_JUDGES: tuple[tuple[str, Collection[Trouble], Judge], ...] = (
    (_OWN, TROUBLES, setting_unresolved),
    ("db-user-overridden", {Trouble.LOGIN, Trouble.USER, Trouble.POLICY}, user_overridden),
    ("db-password-stale", {Trouble.LOGIN}, password_stale),
    ("db-user-missing", {Trouble.USER}, user_missing),
    ("db-missing", {Trouble.DATABASE}, database_missing),
    ("db-host-refused-by-policy", {Trouble.POLICY}, refused_by_policy),
    ("db-permission-denied", {Trouble.PERMISSION}, permission_denied),
    ("db-login-blocked", {Trouble.BLOCKED}, login_blocked),
    ("db-unreachable", {Trouble.NETWORK}, unreachable),
    ("db-too-many-connections", {Trouble.CONNECTIONS}, too_many_connections),
    ("db-password-wrong", {Trouble.LOGIN}, password_wrong),
)


def decide(evidence: Evidence) -> list[Finding]:
    found = refused(evidence)
    return [
        _judged(evidence, found, (cause, troubles, judge), Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, troubles, judge) in enumerate(_JUDGES)
    ]


def _judged(
    evidence: Evidence,
    found: Refused | None,
    entry: tuple[str, Collection[Trouble], Judge],
    answer: Answer,
) -> Finding:
    cause, troubles, judge = entry
    if found is None:
        gap = look_gap(evidence) or log_gap(evidence)
        return answer.not_checked(gap) if gap is not None else _nothing_said(evidence, answer)
    if found.settled:
        return answer.ruled_out(recovered_facts(found))
    container: Facts = {"line": found.refusal.line.text, "container": found.place.container.name}
    if found.refusal.trouble not in troubles:
        return answer.ruled_out({"why": "another", "trouble": found.refusal.trouble.value, **container})
    held = unresolved_of(found)
    if held is not None and held.certain and cause != _OWN:
        return answer.ruled_out({"why": "unresolved", **unresolved_facts(held), **container})
    return _mended(evidence, found, judge(evidence, found, answer), held)


def _mended(evidence: Evidence, found: Refused, finding: Finding, held: Unresolved | None) -> Finding:
    """With what is proposed for it, and what it has in common with others."""
    if not finding.found:
        return finding
    if finding.cause != _OWN:
        finding = replace(finding, root=root_of(finding.cause, evidence, found))
        finding = finding if held is None else yielding(finding, held)
    if found.unproven_now:
        finding = replace(finding, fixes=to_look("watch", evidence, found))
    elif found.doubt and found.refusal.trouble is not Trouble.NETWORK:
        finding = replace(finding, fixes=to_look("look-whose", evidence, found))
    return and_run_again(evidence, found, finding)


def _nothing_said(evidence: Evidence, answer: Answer) -> Finding:
    if (other := elsewhere(evidence)) is not None:
        return answer.ruled_out(elsewhere_facts(other))
    logs = logs_read(evidence)
    containers = tuple(sorted({log.container for log in logs}))
    lines = sum(len(log.lines) for log in logs)
    return answer.ruled_out({"why": "no-line", "containers": containers, "lines_read": lines})


def applies(workload: WorkloadState) -> bool:
    """Not well, or given what logs in to a database, wherever its settings may hold that."""
    if ailing(workload) or (workload.desired and workload.ready is None):
        return True
    return any(
        spec.env_from or any(of_database(entry.name) for entry in spec.env)
        for spec in workload.template.containers
    )


RUNBOOK = Runbook(
    name=NAME,
    alerts=(
        'alertname=~"(?i:.*(?:db|database|postgres|postgresql|mysql|mongodb|redis)[_-]?(?:auth|login|password).*)"',
    ),
    causes=tuple(Cause(cause, explains=_EXPLAINS) for cause, _troubles, _judge in _JUDGES),
    reads=(
        WORKLOAD_READ,
        POD_READ,
        POD_LOGS,
        EVENT_READ,
        NODE_READ,
        JOB_READ,
        SCALER_READ,
        SERVICE_READ,
        APPLICATION_READ,
        CONFIG_READ,
        SECRET_META,
        ENDPOINT_READ,
    ),
    collect=look_for_refusals,
    decide=decide,
    applies=applies,
    timeout=20.0,
)
