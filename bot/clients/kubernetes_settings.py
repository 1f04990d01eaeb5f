"""From ConfigMaps, EndpointSlices, budgets and quotas of the API to snapshots. Pure, and never raises for any JSON.

What a ConfigMap holds is redacted here, by the name of its key and by its content.
"""

from collections.abc import Iterable, Iterator

from bot.clients.kubernetes_fields import last_change
from bot.clients.kubernetes_json import Json, count, label_selector, pairs, part, rows, setting, text, texts
from bot.clients.kubernetes_workloads import marks
from bot.diagnosis.evidence_objects import BudgetState, ConfigMapState, EndpointsState, QuotaState


def config_map_state(config_map: Json) -> ConfigMapState:
    metadata = part(config_map, "metadata")
    changed_at, changed_by = last_change(metadata)
    return ConfigMapState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        values={key: setting(key, value) for key, value in sorted(pairs(config_map.get("data")).items())},
        marks=marks(metadata),
        changed_at=changed_at,
        changed_by=changed_by,
    )


def endpoints_state(namespace: str, service: str, slices: Iterable[Json]) -> EndpointsState:
    """A pod counts once, however many slices and address families name it."""
    ready: dict[str, bool] = {}
    for one in slices:
        for name, answers in _endpoints(one):
            ready[name] = ready.get(name, False) or answers
    return EndpointsState(namespace, service, sum(ready.values()), len(ready) - sum(ready.values()))


def _endpoints(one: Json) -> Iterator[tuple[str, bool]]:
    for endpoint in rows(one, "endpoints"):
        about = part(endpoint, "targetRef")
        # https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ (conditions.ready):
        # "A nil value should be interpreted as true"; the addresses of one endpoint are interchangeable.
        answers = part(endpoint, "conditions").get("ready") is not False
        names = [f"{text(about.get('kind'))}/{text(about.get('name'))}"] if about.get("name") else []
        yield from ((name, answers) for name in names or texts(endpoint.get("addresses"))[:1])


def budget_states(budgets: Iterable[Json]) -> Iterator[BudgetState]:
    """Without the budgets that have no selector: they select nothing, as an empty one selects everything."""
    for budget in budgets:
        metadata, spec, status = part(budget, "metadata"), part(budget, "spec"), part(budget, "status")
        if isinstance(spec.get("selector"), dict):
            yield BudgetState(
                namespace=text(metadata.get("namespace")),
                name=text(metadata.get("name")),
                selector=label_selector(part(spec, "selector")),
                minimum=text(spec.get("minAvailable")),
                most_unavailable=text(spec.get("maxUnavailable")),
                healthy=count(status.get("currentHealthy")),
                wanted=count(status.get("desiredHealthy")),
                allowed=count(status.get("disruptionsAllowed")),
            )


def quota_state(quota: Json) -> QuotaState:
    metadata, status = part(quota, "metadata"), part(quota, "status")
    return QuotaState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        hard=pairs(status.get("hard")) or pairs(part(quota, "spec").get("hard")),
        used=pairs(status.get("used")),
    )
