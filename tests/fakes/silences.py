"""A silencer that nobody can reach, for consoles that have nothing to do with silences."""

from datetime import UTC, datetime

from bot.incidents.audit import Person
from bot.incidents.silences import Preview, Problem
from bot.incidents.silencing import Order, Silenced
from bot.matchers import Matcher
from bot.model import Incident
from bot.silence import Silence

_AWAY = Problem("no_alertmanager", {"cluster": "none"})


class NoSilences:
    def reaches(self, incident: Incident) -> bool:
        return False

    def end(self, said: str) -> datetime | Problem:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def propose(
        self, incident: Incident, matchers: tuple[Matcher, ...] | None = None
    ) -> Preview | Problem:
        return _AWAY

    async def silence(self, order: Order) -> Silenced | Problem:
        return _AWAY

    async def expire(self, silence_id: str, who: Person) -> Silence | Problem:
        return _AWAY
