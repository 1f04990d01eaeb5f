"""What was seen round the External Secrets Operator, as observations with the command that shows it again. Pure."""

from collections.abc import Iterator

from bot.diagnosis.commands import kubectl
from bot.diagnosis.evidence import Condition, EventNote
from bot.diagnosis.evidence_objects import ApplicationState, CrdState, ServiceState, StoreState
from bot.diagnosis.external_secrets.messages import Conversion
from bot.diagnosis.external_secrets.situation import Converter, Noted, Store, Synced, ready_of
from bot.diagnosis.happenings import last_time
from bot.diagnosis.looks import ApplicationOf, EventsOf, SecretNote, ServiceOf, SiblingsOf
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, EndpointsOf, ExternalSecretsOf, StoreOf
from bot.diagnosis.observations import instant
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Observation, Reason, Row, Source

_MOST_RESULTS = 8


def crd(state: CrdState) -> Observation:
    versions: tuple[Row, ...] = tuple(
        {"version": one.name, "served": one.served, "storage": one.storage} for one in state.versions
    )
    facts: Facts = {
        "crd": state.name,
        "versions": versions,
        "stored": state.stored_versions,
        "strategy": state.strategy,
        "service": state.webhook_service or state.webhook_url,
    }
    return Observation(Source.KUBERNETES, "crd-state", facts, CrdOf(state.name).reproduce())


def converter(of: Converter) -> Iterator[Observation]:
    """Nothing where neither the Service nor what stands behind it could be looked at."""
    there = _there(of.service)
    ready = None if isinstance(of.endpoints, Unavailable) else of.endpoints.ready
    if there is None and ready is None:
        return
    of_service = there is False or ready is None
    look = ServiceOf(of.namespace, of.name) if of_service else EndpointsOf(of.namespace, of.name)
    facts: Facts = {"service": str(of), "there": there, "ready": ready}
    yield Observation(Source.KUBERNETES, "converter", facts, look.reproduce())


def _there(service: ServiceState | Unavailable) -> bool | None:
    """None where that is not known."""
    if isinstance(service, Unavailable):
        return False if service.reason is Reason.NOT_FOUND else None
    return True


def operator(of: Converter, image: str, version: str) -> Observation:
    facts: Facts = {"image": image, "version": version, "namespace": of.namespace}
    return Observation(Source.KUBERNETES, "operator", facts, SiblingsOf(of.namespace).reproduce())


def refused(failed: Conversion) -> Observation:
    """What the API server said while this was looked at."""
    again = kubectl("get", f"{failed.kind.lower()}s.{failed.group}", everywhere=True)
    return Observation(Source.KUBERNETES, "api-error", {"text": failed.text}, again)


def sync_results(state: ApplicationState) -> Observation:
    rows = tuple(
        {
            "kind": one.kind,
            "object": f"{one.namespace}/{one.name}" if one.namespace else one.name,
            "status": one.status,
            "message": one.message,
        }
        for one in (*state.sync_results, *state.resources)
    )
    facts: Facts = {
        "application": state.name,
        "rows": rows[:_MOST_RESULTS],
        "more": max(len(rows) - _MOST_RESULTS, 0),
    }
    look = ApplicationOf(state.name, state.namespace)
    return Observation(Source.KUBERNETES, "sync-results", facts, look.reproduce(), state.finished_at)


def conditions(state: ApplicationState) -> Iterator[Observation]:
    look = ApplicationOf(state.name, state.namespace)
    for one in state.conditions:
        facts: Facts = {"application": state.name, "type": one.type, "message": one.message}
        yield Observation(Source.KUBERNETES, "application-condition", facts, look.reproduce(), one.changed_at)


def secret(of: Synced) -> Observation:
    state = of.state
    facts: Facts = {
        "object": f"{state.namespace}/{state.name}",
        "store": f"{state.store_kind} {state.store}",
        "refreshed_at": instant(state.refreshed_at),
        **_said(ready_of(state.conditions)),
    }
    look = ExternalSecretsOf(state.namespace, state.name)
    return Observation(Source.KUBERNETES, "external-secret", facts, look.reproduce(), state.refreshed_at)


def keys(of: Synced, there: tuple[str, ...]) -> Observation:
    state = of.state
    facts: Facts = {"secret": f"{state.namespace}/{state.secret}", "keys": there}
    return Observation(
        Source.KUBERNETES, "secret-keys", facts, SecretNote(state.namespace, state.secret).reproduce()
    )


def store(of: Store, state: StoreState) -> Observation:
    condition = ready_of(state.conditions)
    facts: Facts = {"store": str(of), "provider": state.provider, **_said(condition)}
    look = StoreOf(of.namespace, of.name) if of.kind == "SecretStore" else ClusterStoreOf(of.name)
    at = None if condition is None else condition.changed_at
    return Observation(Source.KUBERNETES, "store-state", facts, look.reproduce(), at)


def _said(condition: Condition | None) -> dict[str, str]:
    if condition is None:
        return {"status": "", "reason": "", "message": ""}
    return {"status": condition.status, "reason": condition.reason, "message": condition.message}


def newest(notes: Noted) -> tuple[EventNote, ...]:
    """Warnings, the newest first."""
    if not isinstance(notes, tuple):
        return ()
    warnings = (note for note in notes if note.type == "Warning")
    return tuple(sorted(warnings, key=lambda note: (instant(last_time(note)), note.message), reverse=True))


def event(namespace: str, kind: str, name: str, note: EventNote) -> Observation:
    facts: Facts = {
        "object": f"{kind}/{name}",
        "reason": note.reason,
        "message": note.message,
        "count": max(note.count, 1),
        "last_at": instant(last_time(note)),
    }
    look = EventsOf(namespace, kind, name)
    return Observation(Source.KUBERNETES, "event", facts, look.reproduce(), last_time(note))
