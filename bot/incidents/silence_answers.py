"""What is asked of an Alertmanager about silences, and what its answers mean for whoever asked. Asks and remembers nothing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from bot.diagnosis.sources import Rejected, Unavailable, Unsent
from bot.incidents.silences import Problem
from bot.matchers import Matcher
from bot.model import Incident, Reason
from bot.silence import Draft, KnownAlert, KnownSilence, Silence

# What is answered with these was not done.
_SURELY_NOT = frozenset({Reason.FORBIDDEN, Reason.NOT_CONFIGURED, Reason.NOT_FOUND})
# What Alertmanager rounds, or its peers tell a little later.
_ABOUT = timedelta(seconds=2)


class Alertmanager(Protocol):
    """That of one cluster. Never raises."""

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[KnownAlert, ...] | Unavailable: ...

    async def create(self, draft: Draft) -> str | Unavailable: ...

    async def silence(self, silence_id: str) -> KnownSilence | Unavailable | None: ...

    async def find(self, mark: str) -> KnownSilence | Unavailable | None: ...

    async def expire(self, silence_id: str) -> Unavailable | None: ...


def surely_not(gap: Unavailable) -> bool:
    """Whether an order was not carried out, and will not be. Of any other nobody knows."""
    return isinstance(gap, Unsent | Rejected) or gap.reason in _SURELY_NOT


def problem_of(gap: Unavailable) -> Problem:
    if isinstance(gap, Rejected):
        return Problem("not_taken", {"why": gap.detail})
    # That nobody answered in time is all that there is to say of it.
    why = "" if gap.reason is Reason.TIMEOUT else gap.detail
    return Problem("not_reached", {"reason": gap.reason.value, "why": why})


def lives_as_long(silence: Silence, known: KnownSilence | None) -> bool:
    """Whether it is in Alertmanager what it is here."""
    return known is not None and known.active and abs(known.ends_at - silence.ends_at) <= _ABOUT


def draft(silence: Silence) -> Draft:
    return Draft(
        silence.matchers, silence.created_at, silence.ends_at, silence.author or silence.by, silence.comment
    )


def link(incident: Incident, alertmanager_id: str) -> str:
    """Where a person sees it in Alertmanager, by the address that Alertmanager gives of itself."""
    base = incident.external_url.rstrip("/")
    return f"{base}/#/silences/{alertmanager_id}" if base else ""
