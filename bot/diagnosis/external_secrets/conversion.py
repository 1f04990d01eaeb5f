"""Is the webhook dead that converts the operator's objects between versions? Pure.

What fails now weighs more than what ArgoCD was told then. A webhook that answers is no proof that it converts: later
operators keep the Service for validation only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.diagnosis.evidence_objects import CrdState
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.messages import Conversion
from bot.diagnosis.external_secrets.remedies import for_conversion, operator_of, sync_facts
from bot.diagnosis.external_secrets.safety import Assessment, assess
from bot.diagnosis.external_secrets.situation import Converter, Situation
from bot.diagnosis.findings import Answer
from bot.diagnosis.observations import application as application_state
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Observation, Reason, Source


class How(StrEnum):
    """In what way the webhook is dead."""

    NO_SERVICE = "no-service"
    NO_ENDPOINTS = "no-endpoints"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class _Webhook:
    """A CRD that names a webhook, and how that is dead: None where it answers, a gap where that is not known."""

    crd: CrdState
    converter: Converter | None
    how: How | Unavailable | None


def conversion_webhook_dead(of: Situation, answer: Answer) -> Finding:
    if not of.concerned:
        return answer.ruled_out(_ruled_out(of, "not-concerned"))
    webhooks = list(_webhooks(of))
    dead = [one for one in webhooks if isinstance(one.how, How)]
    gap = next(_gaps(of, webhooks), None)
    if dead:
        return _found(of, answer, dead, of.refused or of.told)
    if of.refused:
        # The API server itself said so a moment ago, whatever stands behind the Service.
        return _found(of, answer, [replace(one, how=How.FAILS) for one in webhooks], of.refused)
    if of.told and (webhooks or gap is not None):
        return _suspected(of, answer, webhooks, gap)
    if gap is not None:
        return answer.not_checked(gap)
    seen = [shown.crd(one.state) for one in of.crds if isinstance(one.state, CrdState)]
    return answer.ruled_out(_ruled_out(of, _why_not(of, webhooks)), [*seen, *_converters(webhooks)])


def _webhooks(of: Situation) -> Iterator[_Webhook]:
    converters = {str(one): one for one in of.converters}
    for one in of.crds:
        if isinstance(one.state, CrdState) and one.state.strategy == "Webhook":
            converter = converters.get(one.state.webhook_service)
            yield _Webhook(one.state, converter, _how(one.state, converter))


def _how(crd: CrdState, converter: Converter | None) -> How | Unavailable | None:
    if converter is None:
        detail = f"the webhook of {crd.name} is at {crd.webhook_url or 'an address that was not asked'}"
        return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "services", detail=detail)
    service, endpoints = converter.service, converter.endpoints
    if isinstance(service, Unavailable) and service.reason is Reason.NOT_FOUND:
        return How.NO_SERVICE
    if isinstance(endpoints, Unavailable):
        return endpoints
    # Without endpoints nothing answers, be the Service there or not.
    return None if endpoints.ready else How.NO_ENDPOINTS


def _gaps(of: Situation, webhooks: Sequence[_Webhook]) -> Iterator[Unavailable]:
    """What is not known of CRDs and webhooks. A CRD that is not there asks for no conversion."""
    yield from (one.state for one in of.crds if isinstance(one.state, Unavailable) and not one.absent)
    yield from (one.how for one in webhooks if isinstance(one.how, Unavailable))
    if not of.crds and isinstance(of.application, Unavailable):
        yield of.application


def _found(of: Situation, answer: Answer, dead: Sequence[_Webhook], failed: Sequence[Conversion]) -> Finding:
    facts = _facts(of, dead, failed)
    evidence = _evidence(of, dead)
    fixes = _fixes(of, dead, facts)
    unsure = of.application if of.target.kind == "Application" else None
    if isinstance(unsure, Unavailable):
        # The webhook is dead; whether that is the trouble of this Application, only ArgoCD could say.
        finding = answer.likely(facts, evidence, fixes, unsure)
    else:
        finding = answer.confirmed(facts, evidence, fixes, None if dead else next(_gaps(of, dead), None))
    return _rooted(finding)


def _suspected(
    of: Situation, answer: Answer, webhooks: Sequence[_Webhook], gap: Unavailable | None
) -> Finding:
    """ArgoCD was told so; nothing shows that it is so now."""
    failing = [replace(one, how=How.FAILS) for one in webhooks]
    facts = _facts(of, failing, of.told)
    return _rooted(answer.likely(facts, _evidence(of, webhooks), _fixes(of, failing, facts), gap))


def _rooted(finding: Finding) -> Finding:
    return replace(finding, root=f"conversion webhook {finding.facts['service'] or finding.facts['kinds']}")


def _facts(of: Situation, dead: Sequence[_Webhook], failed: Sequence[Conversion]) -> Facts:
    named = [one.crd.webhook_service or one.crd.webhook_url for one in dead]
    services = list(dict.fromkeys(filter(None, (*named, *(one.service for one in failed)))))
    namespace, _, name = services[0].partition("/") if services else ("", "", "")
    found = [assess(one.crd) for one in dead]
    operator = operator_of(dead[0].converter if dead else None)
    kinds = tuple(sorted({one.crd.kind for one in dead} | {one.kind for one in failed}))
    return {
        "how": str(dead[0].how) if dead else How.FAILS.value,
        "service": services[0] if services else "",
        "service_namespace": namespace,
        "service_name": name,
        "crds": tuple(one.crd.name for one in dead),
        "kinds": ", ".join(kinds),
        "safe": tuple(one.crd for one in found if one.safe),
        "unsafe": tuple(_unsafe(one) for one in found if not one.safe),
        "relabelled": tuple(dict.fromkeys(name for one in found for name in one.relabelled)),
        "unserved": tuple(
            dict.fromkeys(one.name for web in dead for one in web.crd.versions if not one.served)
        ),
        "text": failed[0].text if failed else "",
        "now": bool(of.refused),
        "operator": operator.version,
        "converts": operator.converts,
        **sync_facts(of.known_application),
    }


def _unsafe(one: Assessment) -> dict[str, str]:
    return {"crd": one.crd, "hazard": str(one.hazard), "versions": ", ".join(one.versions)}


def _fixes(of: Situation, dead: Sequence[_Webhook], facts: Facts) -> tuple[Fix, ...]:
    operator = operator_of(dead[0].converter if dead else None)
    crds = [one.crd for one in dead]
    return for_conversion(of, crds, [assess(crd) for crd in crds], operator, facts)


def _evidence(of: Situation, webhooks: Sequence[_Webhook]) -> list[Observation]:
    told = [application_state(of.known_application)] if of.known_application and of.told else []
    return [
        *(shown.refused(one) for one in of.refused[:2]),
        *told,
        *(shown.crd(one.crd) for one in webhooks),
        *_converters(webhooks),
    ]


def _converters(webhooks: Sequence[_Webhook]) -> Iterator[Observation]:
    for of in {str(one.converter): one.converter for one in webhooks if one.converter is not None}.values():
        yield from shown.converter(of)
        operator = operator_of(of)
        if operator.image:
            yield shown.operator(of, operator.image, operator.version)


def _why_not(of: Situation, webhooks: Sequence[_Webhook]) -> str:
    if all(one.absent for one in of.crds):
        return "not-installed"
    if webhooks:
        return "answers"
    return "none-now" if of.told else "none"


def _ruled_out(of: Situation, why: str) -> Facts:
    return {
        "why": why,
        "crds": tuple(one.name for one in of.crds if isinstance(one.state, CrdState)),
        "services": tuple(str(one) for one in of.converters),
        "application": of.known_application.name if of.known_application else "",
    }
