"""Modals that are updated while somebody types in them: the newest answer is shown, and no older one after it.

What is being looked up for an earlier state of a modal is given up. Two replicas may serve one modal, and Slack then refuses an
update that does not know of the other's: whoever has heard of nothing newer shows what it has all the same. Which of two was typed
last nobody can know, so a modal must carry along what it shows, to be told from what it holds when it is sent off.
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
            if sheet.turn is turn and await self._update(view, sheet, modal) and sheet.turn is turn:
                sheet.version = ""
                await self._update(view, sheet, modal)

    async def _update(self, view: str, sheet: _Sheet, modal: Modal) -> bool:
        """Whether somebody else has updated it since."""
        version = sheet.version
        answer = await self._voice.update_view(view, version, modal)
        sheet.past.add(version)
        # What was typed meanwhile may have told of a newer one.
        if sheet.version == version:
            sheet.version = answer.hash if isinstance(answer, Opened) else ""
        if isinstance(answer, Opened):
            return False
        error = answer.error if isinstance(answer, Declined) else ""
        known = error in {"hash_conflict", "not_found"}
        (log.debug if known else log.warning)("a modal is not updated", answer=str(answer))
        return error == "hash_conflict"

    def _sheet(self, view: str, version: str) -> _Sheet:
        sheet = self._sheets.setdefault(view, _Sheet())
        self._sheets.move_to_end(view)
        # Typed before an update of ours had arrived, it tells of what is over.
        if version not in sheet.past:
            sheet.version = version
        if len(self._sheets) > _REMEMBERED:
            self._sheets.popitem(last=False)
        return sheet
