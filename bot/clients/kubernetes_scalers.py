"""From a HorizontalPodAutoscaler of the API to its snapshot: metrics as plain numbers, behaviour as it is written.

Pure, and never raises for any JSON. No default is filled in here.
"""

import json
from typing import Any

from bot.clients.kubernetes_json import Json, count, number, part, rows, text, when
from bot.clients.kubernetes_pods import conditions
from bot.clients.kubernetes_workloads import marks
from bot.diagnosis.evidence_objects import ScalerMetric, ScalerState, ScalingPolicy, ScalingRules
from bot.diagnosis.quantities import exact

# The key of the metric's own part by its type.
_PARTS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_FIELDS = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}


def plain(quantity: Any) -> float | None:
    """`500m` is 0.5 and `1Ki` is 1024; None for what is no quantity."""
    number = exact(text(quantity))
    return None if number is None else float(number)


def scaler_state(scaler: Json) -> ScalerState:
    metadata, spec, status = part(scaler, "metadata"), part(scaler, "spec"), part(scaler, "status")
    reference = part(spec, "scaleTargetRef")
    return ScalerState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        target_kind=text(reference.get("kind")),
        target_name=text(reference.get("name")),
        minimum=count(spec.get("minReplicas"), 1),
        maximum=count(spec.get("maxReplicas")),
        current=count(status.get("currentReplicas")),
        desired=count(status.get("desiredReplicas")),
        last_scaled_at=when(status.get("lastScaleTime")),
        conditions=conditions(status),
        metrics=_metrics(rows(spec, "metrics"), rows(status, "currentMetrics")),
        scale_down=_rules(part(spec, "behavior").get("scaleDown")),
        scale_up=_rules(part(spec, "behavior").get("scaleUp")),
        marks=marks(metadata),
    )


def _metrics(wanted: list[Json], measured: list[Json]) -> tuple[ScalerMetric, ...]:
    """Each metric with what was measured of it: the same metric, not the same place in the list."""
    known = {_identity(item): part(item, _part(item), "current") for item in reversed(measured)}
    return tuple(_metric(item, known.get(_identity(item), {})) for item in wanted)


def _part(metric: Json) -> str:
    return _PARTS.get(text(metric.get("type")), "")


def _identity(metric: Json) -> str:
    own = part(metric, _part(metric))
    about = {key: own.get(key) for key in ("name", "container", "metric", "describedObject")}
    return json.dumps([text(metric.get("type")), about], sort_keys=True)


def _metric(metric: Json, current: Json) -> ScalerMetric:
    own = part(metric, _part(metric))
    target = part(own, "target")
    kind = text(target.get("type"))
    field = _FIELDS.get(kind, "")
    return ScalerMetric(
        kind=text(metric.get("type")),
        name=text(own.get("name")) or text(part(own, "metric").get("name")),
        target_kind=kind,
        target=plain(target.get(field)),
        current=plain(current.get(field)),
        container=text(own.get("container")),
    )


def _rules(written: Any) -> ScalingRules | None:
    if not isinstance(written, dict):
        return None
    return ScalingRules(
        window=number(written.get("stabilizationWindowSeconds")),
        select=text(written.get("selectPolicy")),
        policies=tuple(
            ScalingPolicy(
                text(policy.get("type")), count(policy.get("value")), count(policy.get("periodSeconds"))
            )
            for policy in rows(written, "policies")
        ),
        tolerance=plain(written.get("tolerance")),
    )
