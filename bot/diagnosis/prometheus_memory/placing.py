"""Where the memory of a Prometheus is decided, so that a change lasts: Helm values, Git, custom resource or workload. Pure.

Never the StatefulSet below an operator: the operator would put it back at once.
"""

from dataclasses import dataclass

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, PrometheusState
from bot.diagnosis.ownership import Ownership, ownership
from bot.diagnosis.prometheus_memory.exam import Exam
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Fix, Layer

_RESOURCES = {
    "Prometheus": "prometheuses.monitoring.coreos.com",
    "PrometheusAgent": "prometheusagents.monitoring.coreos.com",
}
# Where the charts keep it; any other chart is taken to name it after the program, as most do.
_OF_OPERATOR_CHARTS = ("prometheus", "prometheusSpec")
_OPERATOR_CHARTS = {"kube-prometheus-stack", "prometheus-operator"}
_SERVER_CHARTS = {"prometheus"}


@dataclass(frozen=True, slots=True)
class Site:
    """`chain` is who owns the workload, `source` who has the last word. `below` are the keys above `resources`."""

    chain: Ownership
    source: Ownership
    helm: bool
    below: tuple[str, ...]
    application: ApplicationState | None
    operated: bool

    @property
    def known(self) -> Facts:
        application = self.application
        kind, _, name = self.chain.by.partition("/")
        return {
            "owner": self.source.by,
            "owner_kind": self.source.kind,
            "layer": self.source.layer.value,
            "chart": self.source.chart,
            "operated": self.operated,
            "resource": f"{_RESOURCES.get(kind, kind.lower())}/{name}" if self.operated else "",
            "resource_kind": kind if self.operated else "",
            "resource_name": name if self.operated else "",
            "file": application.value_files[-1] if application and application.value_files else "",
            "folder": application.path if application else "",
        }


def site(exam: Exam) -> Site | None:
    """None where the workload could not be read: then nobody knows who owns it."""
    workload = exam.scene.workload
    if not isinstance(workload, WorkloadState):
        return None
    resource = exam.sight.resource
    chain = ownership(workload, resource.marks if isinstance(resource, PrometheusState) else None)
    operated = chain.layer is Layer.OPERATOR and chain.kind in _RESOURCES
    tracked = exam.sight.application if operated else exam.scene.application
    application = tracked if isinstance(tracked, ApplicationState) else None
    source = chain.source
    helm = source.helm or (source.kind == "Application" and application is not None and application.helm)
    return Site(chain, source, helm, _keys(source.chart, operated=operated), application, operated)


def _keys(chart: str, *, operated: bool) -> tuple[str, ...]:
    if chart in _OPERATOR_CHARTS or (operated and not chart):
        return _OF_OPERATOR_CHARTS
    return ("server",) if chart in _SERVER_CHARTS else ("prometheus",)


def set_memory(exam: Exam, field: str, today: str, wanted: str) -> tuple[Fix, ...]:
    """Change `limits` or `requests` of the container to `wanted`: where it lasts first, then as a stopgap."""
    where = site(exam)
    if where is None or not isinstance(exam.scene.workload, WorkloadState):
        return ()
    parameter = _parameter(where.application, field)
    facts: Facts = {
        **workload_facts(exam.scene.workload),
        **where.known,
        "field": field,
        "today": today,
        "wanted": wanted,
        **_nested((*where.below, "resources", field, "memory")),
        "parameter": parameter,
        "writer_known": not isinstance(exam.sight.resource, Unavailable),
    }
    return tuple(Fix(key, layer, lasting, facts) for key, layer, lasting in _ways(where, "memory"))


def _ways(where: Site, what: str) -> tuple[tuple[str, Layer, bool], ...]:
    """Keys of fixes with their layer, and whether they last."""
    live = (f"{what}-on-resource", Layer.OPERATOR) if where.operated else (f"{what}-live", Layer.LIVE)
    if where.source.layer is Layer.LIVE or (where.operated and where.source is where.chain):
        return ((*live, True),)
    if where.source.layer is Layer.OPERATOR or (where.chain.layer is Layer.OPERATOR and not where.operated):
        return ((f"{what}-at-owner", Layer.OPERATOR, True),)
    at_source = f"{what}-in-values" if where.helm else f"{what}-in-manifest"
    return ((at_source, where.source.layer, True), (*live, False))


def _nested(keys: tuple[str, ...]) -> Facts:
    """Keys of a YAML document one below the other, each with the spaces before it; `inside` is what comes below all."""
    pads = ["  " * depth for depth in range(len(keys) + 1)]
    return {
        "setting": ".".join(keys),
        "keys": tuple({"key": key, "pad": pad} for key, pad in zip(keys, pads, strict=False)),
        "inside": pads[-1],
    }


def _parameter(application: ApplicationState | None, field: str) -> str:
    """A parameter of the ArgoCD Application wins over every values file."""
    if application is None:
        return ""
    wanted = (
        name
        for name in sorted(application.parameters)
        if name.endswith(f"resources.{field}.memory") and ("prometheus" in name.lower() or "server." in name)
    )
    return next(wanted, "")


def owned_fix(exam: Exam, key: str, facts: Facts) -> tuple[Fix, ...]:
    """One fix whose patch is worded for every kind of owner, by the facts of the site."""
    where = site(exam)
    if where is None or not isinstance(exam.scene.workload, WorkloadState):
        return ()
    more: Facts = {
        **workload_facts(exam.scene.workload),
        **where.known,
        "helm": where.helm,
        **_nested(where.below),
    }
    return (Fix(key, where.source.layer, lasting=True, facts={**more, **facts}),)
