"""Modals that are updated while somebody types in them: the newest answer is shown, and no older one after it.

What is being looked up for an earlier state of a modal is given up. Two replicas may serve one modal: Slack then refuses the update
that does not know of the other's. Knows nothing of what is shown.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.chat.ports import Voice
from bot.delivery.modal import Modal
from bot.delivery.transport import Declined, Opened
from bot.observe import log

# Of modals that nobody says goodbye to: when one is closed, nobody tells.
_REMEMBERED = 500


@dataclass(slots=True)
class _Sheet:
    """`version` is what Slack last told of the modal, empty where that is not known; `past` are those that are over."""

    version: str = ""
    past: set[str] = field(default_factory=set)
    turn: asyncio.Task[Modal] | None = None
    shown: asyncio.Lock = field(default_factory=asyncio.Lock)


class LiveModals:
    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._sheets: OrderedDict[str, _Sheet] = OrderedDict()

    async def show(self, view: str, version: str, work: Coroutine[Any, Any, Modal]) -> None:
        """What `work` gives, unless the modal has moved on meanwhile. `version` is that of the modal it answers to."""
        sheet = self._sheet(view, version)
        if sheet.turn is not None:
            sheet.turn.cancel()
        turn = sheet.turn = asyncio.create_task(work)
        try:
            modal = await turn
        except asyncio.CancelledError:
            if sheet.turn is turn:
                raise
            return
        async with sheet.shown:
            if sheet.turn is turn:
                await self._update(view, sheet, modal)

    async def _update(self, view: str, sheet: _Sheet, modal: Modal) -> None:
        answer = await self._voice.update_view(view, sheet.version, modal)
        sheet.past.add(sheet.version)
        sheet.version = answer.hash if isinstance(answer, Opened) else ""
        if not isinstance(answer, Opened):
            known = isinstance(answer, Declined) and answer.error in {"hash_conflict", "not_found"}
            (log.debug if known else log.warning)("a modal is not updated", answer=str(answer))

    def _sheet(self, view: str, version: str) -> _Sheet:
        sheet = self._sheets.setdefault(view, _Sheet())
        self._sheets.move_to_end(view)
        # Typed before an update of ours had arrived, it tells of what is over.
        if version not in sheet.past:
            sheet.version = version
        if len(self._sheets) > _REMEMBERED:
            self._sheets.popitem(last=False)
        return sheet
