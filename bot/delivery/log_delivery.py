"""Delivery where Slack is not configured: one structured line for each change of an incident. Same interface as the outbox."""

from collections import OrderedDict
from collections.abc import Callable

from bot.delivery.results import Delivered, Later, Refused
from bot.delivery.view import IncidentView
from bot.model import Incident
from bot.observe import MESSAGES, log

_REMEMBERED = 1000


class LogDelivery:
    """`show` words an incident. What was said last is remembered in memory: a line more after a restart does no harm."""

    def __init__(self, show: Callable[[Incident], IncidentView]) -> None:
        self._show = show
        self._said: OrderedDict[str, tuple[object, ...]] = OrderedDict()

    async def deliver(self, incident: Incident) -> Delivered | Later | Refused:
        shown = self._show(incident)
        cause = shown.headline.title if shown.headline else shown.note
        line = (incident.state.value, shown.title, cause, shown.counts, shown.same.said, shown.again)
        known = self._said.get(incident.id)
        if known == line:
            return Delivered()
        self._said[incident.id] = line
        self._said.move_to_end(incident.id)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        log.info(
            shown.title,
            incident=incident.id,
            state=incident.state.value,
            cause=cause,
            counts="; ".join(shown.counts),
            lasted=shown.lasted,
            same=shown.same.said,
            again=shown.again,
            next_step=shown.headline.fix if shown.headline else "",
        )
        MESSAGES.labels("log", "ok").inc()
        return Delivered(first=known is None)
