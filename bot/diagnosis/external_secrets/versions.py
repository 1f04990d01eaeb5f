"""Does Git use a version of the operator's kinds that the cluster does not serve? Pure.

ArgoCD's complaint tells what Git uses; the CRD tells what is served now, and has the last word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.evidence_objects import ApplicationState, CrdState
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.messages import (
    Wanted,
    installed,
    no_such_resource,
    of_operator,
    wanted,
)
from bot.diagnosis.external_secrets.remedies import rewrite_stored, sync_facts
from bot.diagnosis.external_secrets.situation import Crd, Situation, texts_of
from bot.diagnosis.findings import Answer
from bot.diagnosis.observations import application as application_state
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Source


@dataclass(frozen=True, slots=True)
class _Missed:
    """A version that Git uses and that is not served. `served` is None where only ArgoCD's word is known."""

    of: Wanted
    crd: CrdState | None
    served: tuple[str, ...] | None
    gap: Unavailable | None = None


def version_not_served(of: Situation, answer: Answer) -> Finding:
    if not of.concerned:
        return answer.ruled_out(_ruled_out(of, "not-concerned"))
    missed = list(_missed(of))
    proven = [one for one in missed if one.served is not None]
    if missed:
        return _found(of, answer, proven or missed, proven=bool(proven))
    if isinstance(of.application, Unavailable):
        return answer.not_checked(of.application)
    if of.application is None and not of.secrets:
        return answer.not_checked(of.gaps[0] if of.gaps else _nobody(of))
    why = "read" if of.application is None else "no-complaint"
    quiet = [] if of.application is None else [application_state(of.application)]
    return answer.ruled_out(_ruled_out(of, why), [*quiet, *(shown.crd(state) for state in _states(of))])


def _nobody(of: Situation) -> Unavailable:
    detail = f"nothing tells which version the manifests of {of.target} use"
    return Unavailable(
        Source.KUBERNETES, Reason.NOT_FOUND, "get", "applications", detail=detail, group="argoproj.io"
    )


def _missed(of: Situation) -> Iterator[_Missed]:
    application = of.known_application
    if application is None:
        return
    asked = {one.key: one for one in (*_unnamed(application), *_named(application))}
    for key in sorted(asked):
        missed = _judged(asked[key], of.crds)
        if missed is not None:
            yield missed


def _named(application: ApplicationState) -> Iterator[Wanted]:
    yield from (one for one in wanted(texts_of(application)) if of_operator(one.group))


def _unnamed(application: ApplicationState) -> Iterator[Wanted]:
    """Earlier versions of ArgoCD pass the API server's words on, and name kind and version beside them."""
    for one in application.sync_results:
        if of_operator(one.group) and no_such_resource(one.message) and one.version:
            yield Wanted(one.group, one.kind, one.version, one.message)


def _judged(one: Wanted, crds: Sequence[Crd]) -> _Missed | None:
    """None where the cluster serves it by now."""
    crd = next((crd for crd in crds if crd.name == one.crd), None)
    if crd is None:
        there = installed(one.text)
        return _Missed(one, None, (there,) if there else None)
    if isinstance(crd.state, Unavailable):
        return _Missed(one, None, () if crd.absent else None, None if crd.absent else crd.state)
    served = tuple(version.name for version in crd.state.versions if version.served)
    if one.version in served or (served and not one.version):
        return None
    return _Missed(one, crd.state, served)


def _found(of: Situation, answer: Answer, missed: Sequence[_Missed], *, proven: bool) -> Finding:
    first, application = missed[0], of.known_application
    facts: Facts = {
        "kind": first.of.kind,
        "wanted": first.of.api_version,
        "served": first.served or (),
        "installed": first.served != (),
        "others": len(missed) - 1,
        "text": first.of.text,
        "rows": tuple(
            {"kind": one.of.kind, "wanted": one.of.api_version, "served": ", ".join(one.served or ())}
            for one in missed
        ),
        "repo": application.repo if application else "",
        **sync_facts(application),
    }
    evidence: list[Observation] = []
    if application is not None:
        evidence += [application_state(application), shown.sync_results(application)]
    evidence += [shown.crd(one.crd) for one in missed if one.crd is not None]
    fixes = _fixes(of, missed)
    gap = next((one.gap for one in missed if one.gap is not None), None)
    found = answer.confirmed if proven else answer.likely
    return replace(found(facts, evidence, fixes, gap), root=f"version {first.of.api_version}")


def _fixes(of: Situation, missed: Sequence[_Missed]) -> tuple[Fix, ...]:
    application = of.known_application
    moves = dict.fromkeys(
        (one.of.api_version, f"{one.of.group}/{_newest(one)}", one.of.kind)
        for one in missed
        if one.served and one.of.version
    )
    path = application.path if application else ""
    moved: dict[tuple[str, str], list[str]] = {}
    for old, new, kind in moves:
        moved.setdefault((old, new), []).append(kind)
    fixes = [
        Fix(
            "use-served-version",
            Layer.GITOPS,
            lasting=True,
            facts={"old": old, "new": new, "edited": tuple(kinds), "path": path or "."},
        )
        for (old, new), kinds in moved.items()
    ]
    if any(one.served == () for one in missed):
        fixes.append(Fix("install-crds", Layer.HELM, lasting=True))
    crds = {one.crd.name: one.crd for one in missed if one.crd is not None and one.crd.strategy == "None"}
    return (*fixes, *rewrite_stored(crds[name] for name in sorted(crds)))


def _newest(one: _Missed) -> str:
    """The version that objects are stored in where it is served; else the first that is."""
    stored = (version.name for version in (one.crd.versions if one.crd else ()) if version.storage)
    served = one.served or ()
    return next((name for name in stored if name in served), served[0])


def _states(of: Situation) -> Iterator[CrdState]:
    yield from (one.state for one in of.crds if isinstance(one.state, CrdState))


def _ruled_out(of: Situation, why: str) -> Facts:
    served = {version.name for state in _states(of) for version in state.versions if version.served}
    return {
        "why": why,
        "application": of.known_application.name if of.known_application else "",
        "served": tuple(sorted(served)),
        "read": tuple(sorted({one.state.version for one in of.secrets if one.state.version})),
    }
