"""An Alertmanager that is a dictionary, for whoever silences: it can be away, refuse, or take an order and lose its answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.diagnosis.sources import Unavailable, Unsent
from bot.matchers import Matcher, match_all, parse_matchers
from bot.model import Reason, Source
from bot.silence import Draft, KnownAlert, KnownSilence


def gap(reason: Reason = Reason.TIMEOUT, detail: str = "no answer") -> Unavailable:
    return Unavailable(Source.ALERTMANAGER, reason, "post", "/api/v2/silences", detail=detail)


UNSENT = Unsent(Source.ALERTMANAGER, Reason.UNREACHABLE, "post", "/api/v2/silences", detail="refused")


@dataclass(slots=True)
class FakeAlertmanager:
    """`away` is what everything is answered with; `loses` is the answer to orders that are carried out all the same, and
    `delays` to orders that may be carried out later, by the test.

    `gates` hold the answers to questions for alerts back, one each. `asked` are the matchers of those questions, and `reached`
    is set by each.
    """

    firing: list[KnownAlert] = field(default_factory=list)
    made: dict[str, tuple[Draft, KnownSilence]] = field(default_factory=dict)
    away: Unavailable | None = None
    loses: Unavailable | None = None
    delays: Unavailable | None = None
    gates: list[asyncio.Event] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[KnownAlert, ...] | Unavailable:
        self.asked.append(tuple(map(str, matchers)))
        self.reached.set()
        if self.gates:
            await self.gates.pop(0).wait()
        return self.away or tuple(one for one in self.firing if match_all(matchers, one.labels))

    async def create(self, draft: Draft) -> str | Unavailable:
        if self.away or self.delays:
            return self.away or self.delays or ""
        assert all(parse_matchers(text) for text in draft.matchers)
        silence_id = f"am-{len(self.made) + 1}"
        self.made[silence_id] = (draft, KnownSilence(silence_id, True, draft.ends_at))
        return self.loses or silence_id

    async def silence(self, silence_id: str) -> KnownSilence | Unavailable | None:
        return self.away or (self.made[silence_id][1] if silence_id in self.made else None)

    async def find(self, mark: str) -> KnownSilence | Unavailable | None:
        if self.away:
            return self.away
        return next((known for draft, known in self.made.values() if mark in draft.comment), None)

    async def expire(self, silence_id: str) -> Unavailable | None:
        if self.away or self.delays:
            return self.away or self.delays
        if silence_id not in self.made:
            return gap(Reason.NOT_FOUND, "silence not found")
        self.becomes(silence_id, active=False)
        return self.loses

    def becomes(self, silence_id: str, **changes: object) -> None:
        """As after somebody did something there."""
        draft, known = self.made[silence_id]
        self.made[silence_id] = (draft, replace(known, **changes))  # type: ignore[arg-type]  # the tests name the fields

    @property
    def active(self) -> list[Draft]:
        return [draft for draft, known in self.made.values() if known.active]
