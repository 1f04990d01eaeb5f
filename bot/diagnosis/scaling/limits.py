"""What stands beside an autoscaler and limits pods: quotas, which refuse new ones, and disruption budgets. Pure judge.

A PodDisruptionBudget limits evictions. An autoscaler evicts nothing: its workload deletes pods, whatever a budget says.
https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

import re

from bot.diagnosis.evidence import PodList, WorkloadState
from bot.diagnosis.evidence_objects import BudgetState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks_objects import BudgetsOf, QuotasOf
from bot.diagnosis.ownership import owner_of
from bot.diagnosis.scaling.shown import events, state
from bot.diagnosis.scaling.situation import Around, Situation
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Row, Source

# https://github.com/kubernetes/apiserver: `exceeded quota: NAME, requested: pods=1, used: pods=10, limited: pods=10`
_EXCEEDED = re.compile(r"exceeded quota: (?P<quota>[^,\s]+),(?P<what>.*)")


def pdb_or_quota(situation: Situation, answer: Answer) -> Finding:
    around = situation.around
    workload, quotas, budgets = around.workload, around.quotas, around.budgets
    refused = _refused(workload, around) if isinstance(workload, WorkloadState) else None
    if refused is not None:
        return _quota(situation, answer, refused)
    for gap in (workload, quotas, budgets):
        if isinstance(gap, Unavailable):
            return answer.not_checked(gap)
    covering = _covering(situation)
    facts: Facts = {
        **situation.facts,
        "budgets": tuple(_budget(one) for one in covering),
        "quotas": () if isinstance(quotas, Unavailable) else tuple(sorted(one.name for one in quotas)),
        "ending": _ending(situation),
    }
    seen = [_budgets_seen(situation, covering)] if covering else []
    floor = next((one for one in covering if _asks_for_all(one, situation)), None)
    if floor is None:
        return answer.ruled_out(facts, [state(situation), *seen])
    told = {**facts, "what": "budget", "budget": floor.name, "floor": int(floor.minimum)}
    return answer.likely(told, seen)


def _quota(situation: Situation, answer: Answer, refused: re.Match[str]) -> Finding:
    quota, what = refused["quota"], refused["what"].strip()
    facts: Facts = {**situation.facts, "what": "quota", "quota": quota, "message": what}
    seen = [state(situation), _quota_seen(situation, quota), *events(situation)]
    quotas = situation.around.quotas
    gap = quotas if isinstance(quotas, Unavailable) else None
    by = owner_of(situation.scaler.marks)
    layer = by.layer if by.layer is Layer.GITOPS else Layer.LIVE
    return answer.confirmed(
        facts, seen, [Fix("raise-quota", layer, lasting=True, facts={"quota": quota})], gap
    )


def _refused(workload: WorkloadState, around: Around) -> re.Match[str] | None:
    """A Deployment says in a condition that it is refused pods; a StatefulSet only in events, which outlive the trouble."""
    failed = next((one for one in workload.conditions if one.type == "ReplicaFailure"), None)
    if failed is not None and failed.status == "True":
        return _EXCEEDED.search(failed.message)
    short = isinstance(around.pods, PodList) and len(around.pods.pods) < (workload.desired or 0)
    if not short or isinstance(around.refusals, Unavailable):
        return None
    said = (_EXCEEDED.search(note.message) for note in around.refusals if note.reason == "FailedCreate")
    return next((match for match in said if match is not None), None)


def _covering(situation: Situation) -> tuple[BudgetState, ...]:
    """Budgets whose every requirement is one of the workload's own selector: they cover all of its pods."""
    workload, budgets = situation.around.workload, situation.around.budgets
    if isinstance(workload, Unavailable) or isinstance(budgets, Unavailable):
        return ()
    own = _terms(workload.selector)
    found = (one for one in budgets if one.selector and _terms(one.selector) <= own)
    return tuple(sorted(found, key=lambda one: one.name))


def _terms(selector: str) -> frozenset[str]:
    return frozenset(term.strip() for term in selector.split(",") if term.strip())


def _asks_for_all(budget: BudgetState, situation: Situation) -> bool:
    """A count of healthy pods that leaves no room for fewer; a percentage shrinks with the workload."""
    return situation.waits and budget.minimum.isdecimal() and int(budget.minimum) >= situation.current


def _ending(situation: Situation) -> int:
    pods = situation.around.pods
    return sum(pod.deleting for pod in pods.pods) if isinstance(pods, PodList) else 0


def _budget(one: BudgetState) -> Row:
    return {
        "name": one.name,
        "minimum": one.minimum,
        "most_unavailable": one.most_unavailable,
        "healthy": one.healthy,
        "allowed": one.allowed,
    }


def _budgets_seen(situation: Situation, covering: tuple[BudgetState, ...]) -> Observation:
    facts: Facts = {"budgets": tuple(_budget(one) for one in covering)}
    look = BudgetsOf(situation.scaler.namespace)
    return Observation(Source.KUBERNETES, "budgets", facts, look.reproduce())


def _quota_seen(situation: Situation, quota: str) -> Observation:
    quotas = situation.around.quotas
    known = () if isinstance(quotas, Unavailable) else tuple(one for one in quotas if one.name == quota)
    rows: tuple[Row, ...] = tuple(
        {"resource": name, "used": one.used.get(name, ""), "hard": hard}
        for one in known
        for name, hard in sorted(one.hard.items())
    )
    look = QuotasOf(situation.scaler.namespace)
    return Observation(Source.KUBERNETES, "quota", {"quota": quota, "rows": rows}, look.reproduce())
