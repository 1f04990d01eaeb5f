"""May a workload ask ArgoCD: is it given an address and a token, and is the token taken? Pure."""

from collections import Counter
from collections.abc import Iterator

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.ownership import ownership
from bot.diagnosis.portal.backdrop import Backdrop, quoted
from bot.diagnosis.portal.remedies import place
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Source

_URLS = (
    "ARGOCD_SERVER_URL",
    "ARGOCD_SERVER",
    "ARGOCD_URL",
    "ARGOCD_API_URL",
    "ARGOCD_ENDPOINT",
    "ARGOCD_HOST",
)
_TOKENS = ("ARGOCD_TOKEN", "ARGOCD_AUTH_TOKEN", "ARGOCD_API_TOKEN", "ARGOCD_BEARER_TOKEN")


def token_missing(seen: Backdrop, answer: Answer) -> Finding:
    if isinstance(seen.workload, Unavailable):
        return answer.not_checked(seen.workload)
    url, token = seen.first(*_URLS), seen.first(*_TOKENS)
    line = seen.said("argocd-not-configured")
    # What is in a ConfigMap that may not be read is not lacking: it is not known.
    lacking = tuple(
        name
        for name, found in ((_URLS[0], url), (_TOKENS[0], token))
        if (found is None and seen.gap is None) or (found is not None and found.value == "")
    )
    facts: Facts = {
        "lacking": lacking,
        "closed": seen.gap is not None,
        "url": (url.value or "") if url else "",
        "token_source": token.source if token else "",
        "line": line[1].text if line else "",
        "log_read": seen.log_gap is None and bool(seen.logs),
    }
    evidence = [*_settings(lacking, seen), *quoted(line)]
    used = line is not None or url is not None or token is not None
    if lacking and used:
        return answer.confirmed(facts, evidence, _give_token(seen, seen.workload, lacking))
    if line is not None:
        return answer.likely(facts, evidence, _give_token(seen, seen.workload, (_TOKENS[0],)), seen.gap)
    known = url is not None and token is not None
    if gap := (None if known else seen.gap) or (None if used else seen.log_gap):
        return answer.not_checked(gap)
    return answer.ruled_out({**facts, "why": "given" if used else "not-used"}, evidence if used else ())


def token_rejected(seen: Backdrop, answer: Answer) -> Finding:
    if isinstance(seen.workload, Unavailable):
        return answer.not_checked(seen.workload)
    line = seen.said("argocd-token-rejected")
    token = seen.first(*_TOKENS)
    facts: Facts = {
        "line": line[1].text if line else "",
        "token_source": token.source if token else "",
        "lines_read": seen.lines_read,
    }
    if line is not None:
        facts = {**facts, "variable": token.name if token else _TOKENS[0], **place(seen, _TOKENS[0])}
        return answer.confirmed(
            facts, quoted(line), (Fix("renew-token", Layer.LIVE, lasting=True, facts=facts),)
        )
    if token is None and seen.gap is None:
        return answer.ruled_out({**facts, "why": "no-token"})
    if gap := seen.log_gap or (seen.gap if not seen.logs else None):
        return answer.not_checked(gap)
    return answer.ruled_out({**facts, "why": "no-line"})


def _give_token(seen: Backdrop, workload: WorkloadState, lacking: tuple[str, ...]) -> tuple[Fix, ...]:
    owner = ownership(workload)
    facts: Facts = {
        **place(seen, _TOKENS[0]),
        **_store(seen),
        "lacking": lacking,
        "owner": owner.by,
        "layer": owner.layer.value,
    }
    layer = Layer.LIVE if owner.lasting_live else owner.layer
    return (Fix("give-token", layer, lasting=True, facts=facts),)


def _store(seen: Backdrop) -> Facts:
    """The store that most of the namespace's secrets come from: most likely the one for this secret too."""
    used = Counter(
        (one.store_kind, one.store)
        for one in (seen.neighbours if isinstance(seen.neighbours, tuple) else ())
        if one.store
    )
    kind, name = min(used, key=lambda pair: (-used[pair], pair), default=("", ""))
    return {"store_kind": kind, "store": name}


def _settings(lacking: tuple[str, ...], seen: Backdrop) -> Iterator[Observation]:
    """Nothing where none is known and some could not be looked at: that is not the same as none."""
    given = tuple(
        {"name": setting.name, "source": setting.source}
        for setting in seen.settings
        if setting.name.startswith("ARGOCD")
    )
    if given or seen.gap is None:
        yield Observation(Source.KUBERNETES, "argocd-settings", {"given": given, "lacking": lacking})
