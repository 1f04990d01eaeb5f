"""What the provider answers for an ExternalSecret: a refusal, or another error. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.evidence_objects import StoreState
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.illness import Ill, ills, unexplained
from bot.diagnosis.external_secrets.logins import Login, login
from bot.diagnosis.external_secrets.messages import Denial, Failure, denial, failure
from bot.diagnosis.external_secrets.situation import Situation, Store
from bot.diagnosis.external_secrets.stores import store_troubles
from bot.diagnosis.findings import Answer
from bot.model import Facts, Finding, Fix, Layer, Observation


@dataclass(frozen=True, slots=True)
class _Refusal:
    """`object` is who was refused: an ExternalSecret as `namespace/name`, or a store."""

    object: str
    text: str
    store: str
    evidence: tuple[Observation, ...]
    ill: Ill | None = None


def provider_denied(of: Situation, answer: Answer) -> Finding:
    if not of.concerned:
        return answer.ruled_out(ruled_out(of, "not-concerned"))
    found = ills(of)
    refusals = [*_of_secrets(found), *_of_stores(of)]
    if refusals:
        return _denied(of, answer, refusals)
    gap = next(iter((*unexplained(found), *of.gaps)), None)
    if gap is not None:
        return answer.not_checked(gap)
    return answer.ruled_out(ruled_out(of, "none"), [shown.secret(one) for one in of.secrets])


def _of_secrets(found: Sequence[Ill]) -> Iterator[_Refusal]:
    for one in found:
        if one.kind is Failure.DENIED:
            yield _Refusal(f"ExternalSecret {one.name}", one.text, one.store, one.evidence, one)


def _of_stores(of: Situation) -> Iterator[_Refusal]:
    """A store that the provider lets in not even to be validated."""
    for trouble in store_troubles(of):
        notes = shown.newest(trouble.store.events)
        said = (trouble.message, *(note.message for note in notes[:1]))
        text = next((text for text in said if failure(text) is Failure.DENIED), "")
        state = trouble.store.state
        if text and isinstance(state, StoreState):
            name = str(trouble.store)
            yield _Refusal(name, text, name, (shown.store(trouble.store, state),))


def _denied(of: Situation, answer: Answer, refusals: Sequence[_Refusal]) -> Finding:
    first = refusals[0]
    told, entered, store = denial(first.text), login(first.text), _store(of, first)
    provider = store.state.provider if store and isinstance(store.state, StoreState) else ""
    facts: Facts = {
        "object": first.object,
        "affected": tuple(one.object for one in refusals),
        "store": first.store,
        "provider": provider,
        "principal": told.principal,
        "action": told.action,
        "resource": told.resource,
        "policy_resource": _arn(told),
        "ambiguous": told.ambiguous,
        "text": first.text,
        **_login_facts(entered, store),
        **_store_facts(store),
        **_secret_facts(first.ill),
    }
    evidence = [seen for one in refusals[:3] for seen in one.evidence]
    if first.ill is not None and store is not None and isinstance(store.state, StoreState):
        evidence.append(shown.store(store, store.state))
    fix = Fix(_remedy(entered, facts), Layer.CODE, lasting=True)
    root = " ".join(filter(None, (first.store, told.principal)))
    return replace(answer.confirmed(facts, evidence, (fix,)), root=f"refused {root}")


def _remedy(entered: Login | None, facts: Facts) -> str:
    """Who is not let in has nothing to read yet. A policy is written out only for what the provider named itself."""
    if entered is not None:
        # Who names itself is another role, and can be written into the trust policy.
        named = ":assumed-role/" in str(facts["principal"])
        return "login-aws-chain" if entered.door == "aws" and named else f"login-{entered.door}"
    return "allow-aws" if facts["policy_resource"] else "allow-access"


def _login_facts(entered: Login | None, store: Store | None) -> dict[str, str]:
    """What was refused a login, by the provider's words first and else by the store's own."""
    state = store.state if store is not None else None
    says = state.login if isinstance(state, StoreState) else {}
    told = entered or Login("")
    account = told.account or says.get("account", "")
    return {
        "login": told.door,
        "login_method": says.get("method", ""),
        "login_mount": told.mount or says.get("mount", ""),
        "login_role": told.role or says.get("role", ""),
        "login_project": says.get("project", ""),
        "login_account": account,
        "login_code": told.code,
    }


def _store(of: Situation, refusal: _Refusal) -> Store | None:
    if refusal.ill is None:
        return next((one for one in of.stores if str(one) == refusal.store), None)
    wanted = (refusal.ill.of.state.store_kind, refusal.ill.of.state.store)
    return next((one for one in of.stores if (one.kind, one.name) == wanted), None)


def _store_facts(store: Store | None) -> dict[str, str]:
    if store is None:
        return {"store_kind": "", "store_name": "", "store_namespace": ""}
    return {"store_kind": store.kind, "store_name": store.name, "store_namespace": store.namespace}


def _secret_facts(ill: Ill | None) -> dict[str, str]:
    if ill is None:
        return {"namespace": "", "name": ""}
    return {"namespace": ill.of.state.namespace, "name": ill.of.state.name}


def _arn(told: Denial) -> str:
    """What a policy may name: AWS says a secret by its name where it was asked for by name, and adds six characters to it.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
    """
    if told.resource.startswith("arn:") or not told.action.startswith("secretsmanager:"):
        return told.resource if told.resource.startswith("arn:") else ""
    _, partition, _, _, account, *_ = (*told.principal.split(":"), "", "", "", "", "")
    return f"arn:{partition or 'aws'}:secretsmanager:*:{account or '*'}:secret:{told.resource}-??????"


def secret_sync_error(of: Situation, answer: Answer) -> Finding:
    """Whatever else the operator says of an ExternalSecret, quoted."""
    if not of.concerned:
        return answer.ruled_out(ruled_out(of, "not-concerned"))
    found = [one for one in ills(of) if one.kind is Failure.OTHER]
    if not found:
        if of.gaps:
            return answer.not_checked(of.gaps[0])
        return answer.ruled_out(ruled_out(of, "none"), [shown.secret(one) for one in of.secrets])
    first = next((one for one in found if one.gap is None), found[0])
    conditions = first.of.state.conditions
    facts: Facts = {
        "object": f"ExternalSecret {first.name}",
        "affected": tuple(one.name for one in found),
        "store": first.store,
        "text": first.text,
        "looked_at": bool(conditions),
        "known": first.gap is None,
        **_secret_facts(first),
    }
    evidence = [seen for one in found[:3] for seen in one.evidence]
    fixes = (Fix("read-operator-log", Layer.LIVE, lasting=False),)
    if first.gap is not None:
        return answer.likely(facts, evidence, fixes, first.gap)
    return answer.confirmed(facts, evidence, fixes)


def ruled_out(of: Situation, why: str) -> Facts:
    return {
        "why": why,
        "secrets": len(of.secrets),
        "ready": sum(one.ready for one in of.secrets),
        "more": of.more,
        "application": of.known_application.name if of.known_application else "",
    }
