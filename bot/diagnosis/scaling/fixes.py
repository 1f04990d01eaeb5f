"""What may be changed on an autoscaler and where that lasts: facts for the patches, never their text. Pure.

Nothing here lowers `minReplicas`: how few are safe is not seen from the autoscaler.
"""

import json
from typing import Any

from bot.diagnosis.evidence_objects import ApplicationState, ScalerMetric
from bot.diagnosis.findings import fixes_where_they_last
from bot.diagnosis.ownership import Ownership, application_of, owner_of
from bot.diagnosis.scaling.arithmetic import RESOURCES, UTILIZATION, amount, name
from bot.diagnosis.scaling.behaviour import Rules
from bot.diagnosis.scaling.shown import rules_facts, times
from bot.diagnosis.scaling.situation import Situation
from bot.model import Facts, Fix, Layer

_CHART_LABEL = "helm.sh/chart"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_KEDA = "ScaledObject"


def speed_up(situation: Situation) -> tuple[Fix, ...]:
    """The proposed behaviour; how it scales up stays as it is."""
    comparison = situation.comparison
    down = comparison.proposal.down
    behaviour = {"scaleDown": _written(down)}
    facts: Facts = {
        **times(comparison),
        **rules_facts("down", down),
        "disabled": situation.disabled,
        "merge_patch": _merge({"behavior": behaviour}),
    }
    return _where_they_last("speed-up", situation, facts)


def raise_maximum(situation: Situation, count: int) -> tuple[Fix, ...]:
    facts: Facts = {"proposed": count, "merge_patch": _merge({"maxReplicas": count})}
    return _where_they_last("raise-maximum", situation, facts)


def drop_metric(situation: Situation, held_by: ScalerMetric) -> tuple[Fix, ...]:
    """Only where all that stays can be written again in full: other kinds have selectors that are not known here."""
    rest = [metric for metric in situation.scaler.metrics if metric is not held_by]
    if held_by.name != "memory" or not rest or not all(_can_be_written(metric) for metric in rest):
        return ()
    facts: Facts = {
        "dropped": name(held_by),
        "dropped_utilization": held_by.target_kind == UTILIZATION,
        "kept": tuple(
            {
                "type": metric.kind,
                "field": _field(metric),
                "name": metric.name,
                "container": metric.container,
                "target_type": metric.target_kind,
                "target_field": "averageUtilization" if metric.target_kind == UTILIZATION else "averageValue",
                "target": _target(metric),
            }
            for metric in rest
        ),
        "merge_patch": _merge({"metrics": [_metric(metric) for metric in rest]}),
    }
    return _where_they_last("drop-metric", situation, facts)


def owner(situation: Situation) -> Ownership:
    """Who will put the autoscaler back; a workload and its autoscaler mostly come from one place, but not always."""
    return owner_of(situation.scaler.marks)


def application(situation: Situation) -> str:
    """The ArgoCD Application that tracks the autoscaler or what it scales."""
    marks = situation.scaler.marks
    found = situation.around.application
    tracked = application_of(marks.labels, marks.annotations, marks.managers)
    return tracked or (found.name if isinstance(found, ApplicationState) else "")


def _where_they_last(key: str, situation: Situation, facts: Facts) -> tuple[Fix, ...]:
    known = {**facts, "where": _where(situation), "minimum": situation.scaler.minimum}
    return fixes_where_they_last(key, owner(situation), known)


def _where(situation: Situation) -> str:
    """What a person edits: values, manifest, scaledobject, or the object itself."""
    marks, by = situation.scaler.marks, owner(situation)
    if by.layer is Layer.OPERATOR:
        return "scaledobject" if by.by.partition("/")[0] == _KEDA else "manifest"
    if by.layer is Layer.LIVE:
        return "live"
    found = situation.around.application
    charted = isinstance(found, ApplicationState) and found.helm
    labelled = _CHART_LABEL in marks.labels or marks.labels.get(_MANAGED_BY) == "Helm"
    return "values" if charted or labelled or by.layer is Layer.HELM else "manifest"


def _merge(spec: dict[str, Any]) -> str:
    return json.dumps({"spec": spec}, separators=(",", ":"))


def _written(rules: Rules) -> dict[str, Any]:
    return {
        "stabilizationWindowSeconds": rules.window,
        "selectPolicy": rules.select,
        "policies": [
            {"type": one.kind, "value": one.value, "periodSeconds": one.period} for one in rules.policies
        ],
    }


def _can_be_written(metric: ScalerMetric) -> bool:
    return metric.kind in RESOURCES and bool(metric.target)


def _field(metric: ScalerMetric) -> str:
    return metric.kind[:1].lower() + metric.kind[1:]


def _target(metric: ScalerMetric) -> str | int:
    """As a manifest holds it."""
    return int(metric.target or 0) if metric.target_kind == UTILIZATION else amount(metric, metric.target)


def _metric(metric: ScalerMetric) -> dict[str, Any]:
    field = "averageUtilization" if metric.target_kind == UTILIZATION else "averageValue"
    target = {"type": metric.target_kind, field: _target(metric)}
    named = {"container": metric.container} if metric.container else {}
    return {"type": metric.kind, _field(metric): {"name": metric.name, **named, "target": target}}
