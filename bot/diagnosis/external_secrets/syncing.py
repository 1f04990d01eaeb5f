"""What ArgoCD says that no other cause explains, quoted: of any Application, with or without the operator. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.evidence import Condition
from bot.diagnosis.evidence_objects import ApplicationState, AppResource
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.immutable import Immutable, immutable
from bot.diagnosis.external_secrets.messages import conversion, no_such_resource, of_operator, wanted
from bot.diagnosis.external_secrets.remedies import sync_facts
from bot.diagnosis.external_secrets.situation import Situation
from bot.diagnosis.findings import Answer
from bot.diagnosis.observations import application as application_state
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Source

_FAILED = frozenset({"Error", "Failed"})
# How ArgoCD sums up what it says of each object.
_SUM = "one or more "
CONVERSION, VERSION = "conversion-webhook-dead", "version-not-served"
# A cause of these makes ArgoCD call the Application degraded, though it applied all that Git says.
OF_SECRETS = ("store-invalid", "provider-denied", "secret-key-missing", "secret-sync-error")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """`about` is the object that it is about, empty where it is the Application itself; `by` is what explains it.

    `kept` is what cannot be changed, where the complaint is of that.
    """

    text: str
    about: str = ""
    by: str = ""
    kept: Immutable | None = None


def argocd_sync_error(of: Situation, answer: Answer, found: Collection[str]) -> Finding:
    """`found` are the causes that other judges found; what they explain is not told twice."""
    application = of.application
    if isinstance(application, Unavailable):
        return answer.not_checked(application)
    if application is None:
        return _untracked(of, answer)
    complaints = list(_complaints(application))
    left = [one for one in complaints if one.by not in found]
    evidence = [application_state(application), *_seen(application)]
    if left:
        current = application.sync != "Synced" or any(True for _ in _conditions(application))
        say = answer.confirmed if current and not _retrying(application) else answer.likely
        return say(_facts(application, left), evidence, _fixes(application, left))
    explained = [cause for cause in (CONVERSION, VERSION, *OF_SECRETS) if cause in found]
    if explained and (complaints or _drifts(application)):
        return answer.ruled_out(_ruled_out(application, "explained", explained[0]), evidence)
    if of.target.kind == "Application" and _drifts(application):
        return answer.likely(_facts(application, ()), evidence, _fixes(application))
    return answer.ruled_out(_ruled_out(application, "no-error"), evidence)


def _untracked(of: Situation, answer: Answer) -> Finding:
    if of.secrets:
        return answer.ruled_out(
            {"why": "untracked", "application": "", "sync": "", "health": "", "phase": "", "by": ""}
        )
    detail = f"nothing tells which Application {of.target} belongs to"
    nobody = Unavailable(
        Source.KUBERNETES, Reason.NOT_FOUND, "get", "applications", detail=detail, group="argoproj.io"
    )
    return answer.not_checked(of.gaps[0] if of.gaps else nobody)


def _complaints(application: ApplicationState) -> Iterator[_Complaint]:
    for one in application.sync_results:
        text = one.message or one.status
        about = f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
        unserved = of_operator(one.group) and no_such_resource(text)
        by = VERSION if unserved else _explanation(text)
        yield _Complaint(text, about, by, _kept(text, one))
    for condition in _conditions(application):
        yield _Complaint(condition.message, condition.type, _explanation(condition.message))
    failed = application.phase in _FAILED or _retrying(application)
    if failed and not (application.sync_results and application.message.startswith(_SUM)):
        yield _Complaint(
            application.message, "", _explanation(application.message), immutable(application.message)
        )


def _kept(text: str, one: AppResource) -> Immutable | None:
    kept = immutable(text)
    return kept and replace(kept, group=one.group, kind=one.kind, namespace=one.namespace, name=one.name)


def _conditions(application: ApplicationState) -> Iterator[Condition]:
    """https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/types.go (ApplicationConditionType)"""
    return (one for one in application.conditions if one.type.endswith("Error"))


def _explanation(text: str) -> str:
    failed = conversion(text)
    if failed is not None and of_operator(failed.group):
        return CONVERSION
    return VERSION if any(of_operator(one.group) for one in wanted([text])) else ""


def _retrying(application: ApplicationState) -> bool:
    return application.phase == "Running" and "Retrying attempt" in application.message


def _drifts(application: ApplicationState) -> bool:
    return application.sync in {"OutOfSync", "Unknown"} or application.health in {"Degraded", "Missing"}


def _seen(application: ApplicationState) -> Iterator[Observation]:
    if application.sync_results or application.resources:
        yield shown.sync_results(application)
    yield from shown.conditions(application)


def _facts(application: ApplicationState, left: Sequence[_Complaint]) -> Facts:
    return {
        **_state(application),
        "text": left[0].text if left else "",
        "about": left[0].about if left else "",
        "others": max(len(left) - 1, 0),
        "failed": bool(left),
        "retrying": _retrying(application),
        "revision": application.revision[:12],
        "automated": application.automated,
        "resources": tuple(f"{one.kind}/{one.name}" for one in application.resources[:5]),
        "resource_count": len(application.resources),
    }


def _fixes(application: ApplicationState, left: Sequence[_Complaint] = ()) -> tuple[Fix, ...]:
    """What deletes comes last, and only where nothing else brings the change about."""
    kept = next((one.kept for one in left if one.kept is not None), None)
    synced = sync_facts(application)
    if kept is None:
        return (Fix("sync-again", Layer.GITOPS, lasting=True, facts=synced),)
    facts: Facts = {
        **synced,
        "object": kept.object,
        "field": kept.field,
        "path": application.path,
        "operation": kept.operation,
        "kind": kept.kind,
    }
    back = Fix("change-back", Layer.GITOPS, lasting=True, facts=facts)
    return (back, Fix("recreate", Layer.LIVE, lasting=True, facts=facts)) if kept.operation else (back,)


def _state(application: ApplicationState) -> dict[str, str]:
    return {
        "application": application.name,
        "sync": application.sync,
        "health": application.health,
        "phase": application.phase,
    }


def _ruled_out(application: ApplicationState, why: str, by: str = "") -> Facts:
    return {"why": why, "by": by, **_state(application)}
