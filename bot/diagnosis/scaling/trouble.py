"""What keeps an autoscaler from acting at all: no metrics, another writer of the count, a quota. Pure judges."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.diagnosis.commands import kubectl
from bot.diagnosis.evidence import Condition, Writer
from bot.diagnosis.evidence_objects import ApplicationState
from bot.diagnosis.findings import Answer, fixes_where_they_last
from bot.diagnosis.observations import application as application_seen
from bot.diagnosis.observations import instant
from bot.diagnosis.ownership import Ownership, owner_of
from bot.diagnosis.scaling.arithmetic import name
from bot.diagnosis.scaling.fixes import application
from bot.diagnosis.scaling.shown import events, history_chart, state
from bot.diagnosis.scaling.situation import Situation
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Source

# Who applies whole manifests again and again, by the name that they write into managedFields.
_APPLIERS = re.compile(
    r"argocd-(?:application-)?controller|kustomize-controller|helm-controller|flux|"
    r"helm|kubectl-client-side-apply|terraform.*|pulumi.*|rancher|fleet.*",
    re.IGNORECASE,
)
_SCALE = "scale"
_GROUPS = {**dict.fromkeys(("Deployment", "StatefulSet", "ReplicaSet"), "apps"), "Rollout": "argoproj.io"}
_WITH_CREATION = timedelta(minutes=2)
_NO_REQUEST = re.compile(r"missing request for (\S+)(?: in container (\S+))?")
_APIS = (
    ("external.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"),
    ("custom.metrics.k8s.io", "v1beta1.custom.metrics.k8s.io"),
    ("metrics.k8s.io", "v1beta1.metrics.k8s.io"),
)
_API_DOWN = ("could not find the requested resource", "currently unable to handle the request", "not found")


def metrics_missing(situation: Situation, answer: Answer) -> Finding:
    blind = situation.blind
    unknown = tuple(name(metric) for metric in situation.tally.unknown)
    facts: Facts = {**situation.facts, "unknown": unknown}
    seen = [state(situation), *events(situation)]
    if blind is not None:
        told = {**facts, "reason": blind.reason, "message": blind.message, **_why_blind(blind)}
        found = answer.confirmed(told, seen, _mend_metrics(situation, told))
        return replace(found, root=f"apiservice/{told['api']}" if told["api"] else "")
    able = situation.condition("AbleToScale")
    if able is not None and able.status == "False":
        return answer.ruled_out({**facts, "known": (), "off": False, "unable": able.message}, seen)
    active = situation.condition("ScalingActive")
    off = active is not None and active.reason == "ScalingDisabled"
    if off or not unknown:
        known = tuple(name(wish.metric) for wish in situation.tally.wishes)
        if not (off or known or active):
            return answer.not_checked(situation.gap)
        return answer.ruled_out({**facts, "known": known, "off": off, "unable": ""}, seen)
    told = {
        **facts,
        "reason": "",
        "message": "",
        "kind": "unsaid",
        "api": "",
        "resource": "",
        "container": "",
    }
    return answer.likely(told, seen, _mend_metrics(situation, told))


def _why_blind(blind: Condition) -> Facts:
    """`kind` is request, api, ambiguous or other; `api` is the APIService that does not answer."""
    lacking = _NO_REQUEST.search(blind.message)
    facts: dict[str, str] = {"kind": "other", "api": "", "resource": "", "container": ""}
    if lacking is not None:
        return {**facts, "kind": "request", "resource": lacking[1], "container": lacking[2] or ""}
    if blind.reason == "AmbiguousSelector":
        return {**facts, "kind": "ambiguous"}
    if any(words in blind.message for words in _API_DOWN):
        service = next((service for group, service in _APIS if group in blind.message), "")
        return {**facts, "kind": "api", "api": service} if service else facts
    return facts


def _mend_metrics(situation: Situation, facts: Facts) -> tuple[Fix, ...]:
    if facts["kind"] == "request":
        return _set_request(situation, str(facts["resource"]), str(facts["container"]))
    if facts["kind"] == "api":
        return (Fix("mend-metrics-api", Layer.LIVE, lasting=True, facts={"api": facts["api"]}),)
    return ()


def _set_request(situation: Situation, resource: str, container: str) -> tuple[Fix, ...]:
    """For the container that the controller names, else for all that request nothing. A limit alone is a request too."""
    workload = situation.around.workload
    specs = () if isinstance(workload, Unavailable) else workload.template.containers
    lacking = (one.name for one in specs if resource not in {**one.requests, **one.limits})
    containers = (container,) if container else tuple(lacking)
    # What a webhook adds to the pods is not in the template: kubectl cannot set it there, and a release neither.
    if not containers or (specs and not {one.name for one in specs}.issuperset(containers)):
        return ()
    known: Facts = {"resource": resource, "containers": containers, "chosen": ",".join(containers)}
    return fixes_where_they_last("set-request", _workload_owner(situation), known)


def replicas_fought_by_gitops(situation: Situation, answer: Answer) -> Finding:
    """Whoever changes a field takes its ownership: an applier that owns the count has written it over the autoscaler.

    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """
    workload = situation.around.workload
    if isinstance(workload, Unavailable):
        return answer.not_checked(workload)
    applier = next((one for one in workload.replica_writers if _applies(one)), None)
    scaled = any(one.subresource == _SCALE for one in workload.replica_writers)
    around = situation.around.application
    known = around if isinstance(around, ApplicationState) else None
    heals = known is not None and known.self_heal
    facts: Facts = {
        **situation.facts,
        "writers": tuple(_writer(one) for one in workload.replica_writers),
        "manager": "" if applier is None else applier.manager,
        "written_at": "" if applier is None else instant(applier.at),
        "application": application(situation),
        "self_heal": heals,
        "drifts": known is not None and _drifts(known, situation),
        "last_scaled_at": instant(situation.scaler.last_scaled_at),
    }
    seen = [_writers_seen(situation, facts), *([application_seen(known)] if known is not None else [])]
    if applier is None:
        return answer.ruled_out(facts, seen)
    gap = around if isinstance(around, Unavailable) else None
    if scaled or situation.scaler.last_scaled_at is not None:
        found = answer.confirmed(facts, seen, _stop_writing(situation, applier), gap)
        return replace(found, charts=history_chart(situation))
    if heals or not _only_created(applier, workload.created_at):
        return answer.likely(facts, seen, _stop_writing(situation, applier), gap)
    return answer.ruled_out(facts, seen)


def _drifts(known: ApplicationState, situation: Situation) -> bool:
    """Out of sync it may be for any reason; that the count is it, only a comparison with Git can tell."""
    return any(one.rpartition("/")[2] == situation.scaled.name for one in known.out_of_sync)


def _applies(writer: Writer) -> bool:
    return writer.subresource != _SCALE and _APPLIERS.fullmatch(writer.manager) is not None


def _only_created(writer: Writer, created_at: object) -> bool:
    """Every manifest that holds a count owns it until the autoscaler first changes it."""
    at = writer.at
    return at is not None and isinstance(created_at, type(at)) and at - created_at <= _WITH_CREATION


def _writer(one: Writer) -> dict[str, str]:
    return {"manager": one.manager, "subresource": one.subresource, "at": instant(one.at)}


def _writers_seen(situation: Situation, facts: Facts) -> Observation:
    look = kubectl(
        "get",
        str(facts["workload"]),
        "--show-managed-fields",
        "--output=yaml",
        namespace=situation.scaler.namespace,
    )
    return Observation(Source.KUBERNETES, "replica-writers", {"writers": facts["writers"]}, look)


def _stop_writing(situation: Situation, applier: Writer) -> tuple[Fix, ...]:
    by, tracked, found = _workload_owner(situation), application(situation), situation.around.application
    by_helm = applier.manager == "helm" or by.layer is Layer.HELM
    layer = Layer.HELM if by_helm else Layer.GITOPS
    helm = by_helm or (isinstance(found, ApplicationState) and found.helm)
    facts: Facts = {"owner": by.by, "application": tracked, "helm": helm}
    remove = Fix("remove-replicas", layer, lasting=True, facts=facts)
    if not tracked:
        return (remove,)
    known: Facts = {"application": tracked, "group": _GROUPS.get(situation.scaled.kind, "")}
    return remove, Fix("ignore-replicas", Layer.GITOPS, lasting=True, facts=known)


def _workload_owner(situation: Situation) -> Ownership:
    workload = situation.around.workload
    return owner_of(situation.scaler.marks if isinstance(workload, Unavailable) else workload.marks)
