"""What ails each ExternalSecret, exactly one trouble each, so that causes do not claim each other's. Pure.

The condition often says only that no data came; the operator's newest warning beside it says why, as long as events
are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.diagnosis.evidence import EventNote
from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.messages import Failure, failure
from bot.diagnosis.external_secrets.situation import Situation, Synced, ready_of
from bot.diagnosis.external_secrets.stores import store_troubles
from bot.diagnosis.sources import Unavailable
from bot.model import Observation, Reason, Source

# https://github.com/external-secrets/external-secrets/blob/main/pkg/controllers/externalsecret/externalsecret_controller.go
_NO_DATA = "could not get secret data from provider"


@dataclass(frozen=True, slots=True)
class Ill:
    """`text` is the most telling thing that is said of it; `gap` is what would have told more, where it says nothing."""

    of: Synced
    kind: Failure
    text: str
    event: EventNote | None = None
    gap: Unavailable | None = None

    @property
    def name(self) -> str:
        return f"{self.of.state.namespace}/{self.of.state.name}"

    @property
    def store(self) -> str:
        state = self.of.state
        return f"{state.store_kind} {state.store}" if state.store else ""

    @property
    def evidence(self) -> tuple[Observation, ...]:
        state, seen = self.of.state, shown.secret(self.of)
        if self.event is None:
            return (seen,)
        return seen, shown.event(state.namespace, "ExternalSecret", state.name, self.event)


def ills(of: Situation) -> tuple[Ill, ...]:
    bad = {(one.store.kind, one.store.name) for one in store_troubles(of)}
    unseen = {(one.kind, one.name) for one in of.stores if isinstance(one.state, Unavailable)}
    return tuple(_ill(one, bad, unseen) for one in of.secrets if not one.ready)


def _ill(one: Synced, bad_stores: set[tuple[str, str]], unseen: set[tuple[str, str]]) -> Ill:
    condition = ready_of(one.state.conditions)
    said = condition.message if condition is not None else ""
    note = next(iter(shown.newest(one.events)), None)
    kind, text, event = failure(said), said, None
    if kind is Failure.OTHER and note is not None:
        kind, text, event = failure(note.message), note.message, note
    its_store = (one.state.store_kind, one.state.store)
    store_is_bad = its_store in bad_stores
    if kind is Failure.STORE and its_store not in bad_stores | unseen:
        return Ill(one, Failure.OTHER, text, event)
    if kind is Failure.OTHER and store_is_bad and _says_nothing(text):
        return Ill(one, Failure.STORE, text, event)
    return Ill(one, kind, text, event, _gap(one) if kind is Failure.OTHER and _says_nothing(text) else None)


def _says_nothing(text: str) -> bool:
    return not text or text.strip().rstrip(".") == _NO_DATA


def _gap(one: Synced) -> Unavailable:
    if isinstance(one.events, Unavailable):
        return one.events
    place, name = one.state.namespace, one.state.name
    detail = f"no event tells why ExternalSecret {name} got no data; the operator's log does"
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "list", "events", place, detail)


def unexplained(found: tuple[Ill, ...]) -> Iterator[Unavailable]:
    """Why it is not known what ails some of them."""
    yield from (one.gap for one in found if one.gap is not None)
