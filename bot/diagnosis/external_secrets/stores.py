"""Is it the store: a SecretStore or ClusterSecretStore that is not ready, or that is not there? Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.diagnosis.evidence_objects import StoreState
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.messages import NamedStore, store_named
from bot.diagnosis.external_secrets.situation import Situation, Store, Synced, ready_of
from bot.diagnosis.findings import Answer
from bot.diagnosis.ownership import owner_of
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason

# https://github.com/external-secrets/external-secrets/blob/main/apis/externalsecrets/v1/secretstore_types.go
_HOW = ("invalid", "absent", "closed", "unvalidated")
_FIXES = {"absent": "create-store", "closed": "open-store"}
INVALID = frozenset({"InvalidProviderConfig", "InvalidStoreConfiguration", "ValidationFailed"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A store that does not serve. `how` is absent, closed, invalid or unvalidated."""

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
    closed = {(named.kind, named.name): said for _, named, said in _waiting(of) if named.how == "closed"}
    troubles = [trouble for one in of.stores if (trouble := _trouble(one, closed)) is not None]
    yield from sorted(troubles, key=lambda one: (_HOW.index(one.how), str(one.store)))


def _trouble(store: Store, closed: Mapping[tuple[str, str], str]) -> Trouble | None:
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
        said = closed.get((store.kind, store.name), "")
        return Trouble(store, "closed", "", said) if said else None
    return Trouble(store, "invalid", condition.reason, condition.message)


def _waiting(of: Situation) -> Iterator[tuple[Synced, NamedStore, str]]:
    """ExternalSecrets that say themselves that they cannot use their store, in the condition or in their newest event."""
    for one in of.secrets:
        condition = ready_of(one.state.conditions)
        if one.ready or condition is None:
            continue
        for text in (condition.message, *(note.message for note in shown.newest(one.events)[:1])):
            named = store_named(text)
            if named is not None:
                yield one, named, text
                break


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


def _told(
    of: Situation, answer: Answer, waiting: tuple[Synced, NamedStore, str], blind: Unavailable
) -> Finding:
    secret, named, said = waiting
    condition = ready_of(secret.state.conditions)
    store = f"{named.kind} {named.name}"
    facts: Facts = {
        "store": store,
        "how": named.how,
        "reason": condition.reason if condition else "",
        "message": said,
        "event": "",
        "provider": "",
        "others": 0,
        "waiting": _names(of),
        "namespaces": tuple(dict.fromkeys(one.state.namespace for one in of.secrets if not one.ready)),
    }
    return replace(answer.likely(facts, [shown.secret(secret)], (), blind), root=store)


def _facts(of: Situation, first: Trouble, event: str, *, others: int) -> Facts:
    state = first.store.state
    waiting = [one.state for one in of.secrets if not one.ready and _uses(one, first.store)]
    return {
        "store": str(first.store),
        "how": first.how,
        "reason": first.reason,
        "message": first.message,
        "event": event if event != first.message else "",
        "provider": state.provider if isinstance(state, StoreState) else "",
        "others": others,
        "waiting": tuple(f"{one.namespace}/{one.name}" for one in waiting),
        "namespaces": tuple(dict.fromkeys(one.namespace for one in waiting)),
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
    return Fix(_FIXES.get(trouble.how, "correct-store"), layer, lasting=True, facts=own)


def _ruled_out(of: Situation, why: str) -> Facts:
    return {"why": why, "stores": tuple(str(one) for one in of.stores), "secrets": len(of.secrets)}
