"""Is it the store: a SecretStore or ClusterSecretStore that is not ready, or that is not there? Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.diagnosis.evidence_objects import StoreState
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.messages import store_not_ready
from bot.diagnosis.external_secrets.situation import Situation, Store, Synced, ready_of
from bot.diagnosis.findings import Answer
from bot.diagnosis.ownership import owner_of
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason

# https://github.com/external-secrets/external-secrets/blob/main/apis/externalsecrets/v1/secretstore_types.go
INVALID = frozenset({"InvalidProviderConfig", "InvalidStoreConfiguration", "ValidationFailed"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A store that does not serve. `how` is absent, invalid or unvalidated."""

    store: Store
    how: str
    reason: str = ""
    message: str = ""


def store_invalid(of: Situation, answer: Answer) -> Finding:
    if not of.concerned:
        return answer.ruled_out(_ruled_out(of, "not-concerned"))
    troubles = list(store_troubles(of))
    if troubles:
        return _found(of, answer, troubles)
    blind = next((one.state for one in of.stores if isinstance(one.state, Unavailable)), None)
    waiting = next(_waiting(of), None)
    if waiting is not None and blind is not None:
        return _told(of, answer, waiting, blind)
    if blind is not None:
        return answer.not_checked(blind)
    if not of.stores and of.gaps:
        return answer.not_checked(of.gaps[0])
    seen = [shown.store(one, one.state) for one in of.stores if isinstance(one.state, StoreState)]
    return answer.ruled_out(_ruled_out(of, "ready" if of.stores else "none"), seen)


def store_troubles(of: Situation) -> Iterator[Trouble]:
    """What is wrong with each store, those first that say themselves what it is."""
    troubles = [trouble for one in of.stores if (trouble := _trouble(one)) is not None]
    yield from sorted(
        troubles, key=lambda one: (("invalid", "absent", "unvalidated").index(one.how), str(one.store))
    )


def _trouble(store: Store) -> Trouble | None:
    if isinstance(store.state, Unavailable):
        # What ArgoCD has not applied yet is not there either; what an ExternalSecret refers to must be.
        absent = (
            store.used
            and store.state.reason is Reason.NOT_FOUND
            and "not installed" not in store.state.detail
        )
        return Trouble(store, "absent", "", store.state.detail) if absent else None
    condition = ready_of(store.state.conditions)
    if condition is None:
        return Trouble(store, "unvalidated")
    if condition.status == "True":
        return None
    return Trouble(store, "invalid", condition.reason, condition.message)


def _waiting(of: Situation) -> Iterator[tuple[Synced, str]]:
    """ExternalSecrets that say themselves that their store is not ready."""
    for one in of.secrets:
        condition = ready_of(one.state.conditions)
        named = store_not_ready(condition.message) if condition is not None and not one.ready else None
        if named is not None:
            yield one, " ".join(named)


def _found(of: Situation, answer: Answer, troubles: list[Trouble]) -> Finding:
    first = troubles[0]
    notes = shown.newest(first.store.events)
    facts = _facts(of, first, notes[0].message if notes else "", others=len(troubles) - 1)
    evidence: list[Observation] = [
        shown.store(one.store, one.store.state) for one in troubles if isinstance(one.store.state, StoreState)
    ]
    evidence += [
        shown.event(first.store.namespace, first.store.kind, first.store.name, note) for note in notes[:1]
    ]
    evidence += [shown.secret(one) for one in of.secrets if not one.ready and _uses(one, first.store)]
    found = answer.likely if first.how == "unvalidated" else answer.confirmed
    return replace(found(facts, evidence, (_fix(first, facts),)), root=str(first.store))


def _told(of: Situation, answer: Answer, waiting: tuple[Synced, str], blind: Unavailable) -> Finding:
    secret, named = waiting
    condition = ready_of(secret.state.conditions)
    facts: Facts = {
        "store": named,
        "how": "told",
        "reason": condition.reason if condition else "",
        "message": condition.message if condition else "",
        "event": "",
        "provider": "",
        "others": 0,
        "waiting": _names(of),
    }
    return replace(answer.likely(facts, [shown.secret(secret)], (), blind), root=named)


def _facts(of: Situation, first: Trouble, event: str, *, others: int) -> Facts:
    state = first.store.state
    return {
        "store": str(first.store),
        "how": first.how,
        "reason": first.reason,
        "message": first.message,
        "event": event if event != first.message else "",
        "provider": state.provider if isinstance(state, StoreState) else "",
        "others": others,
        "waiting": tuple(
            f"{one.state.namespace}/{one.state.name}"
            for one in of.secrets
            if not one.ready and _uses(one, first.store)
        ),
    }


def _names(of: Situation) -> tuple[str, ...]:
    return tuple(f"{one.state.namespace}/{one.state.name}" for one in of.secrets if not one.ready)


def _uses(one: Synced, store: Store) -> bool:
    return (one.state.store_kind, one.state.store) == (store.kind, store.name)


def _fix(trouble: Trouble, facts: Facts) -> Fix:
    state = trouble.store.state
    owner = owner_of(state.marks).source if isinstance(state, StoreState) else None
    layer = Layer.LIVE if owner is None else owner.layer
    own: Facts = {
        **facts,
        "kind": trouble.store.kind,
        "name": trouble.store.name,
        "namespace": trouble.store.namespace,
        "owner": owner.by if owner else "",
    }
    return Fix("create-store" if trouble.how == "absent" else "correct-store", layer, lasting=True, facts=own)


def _ruled_out(of: Situation, why: str) -> Facts:
    return {"why": why, "stores": tuple(str(one) for one in of.stores), "secrets": len(of.secrets)}
