"""Whether a press on one of an incident's messages goes through: it may, the incident is kept, and the message is still its own.

What is pressed here is a button that we posted; a refusal says why, and what to do instead. Does nothing else.
"""

from dataclasses import dataclass
from typing import Protocol

from bot.chat.ports import Access
from bot.chat.pressing import REFUSED, Ended
from bot.chat.replies import Reply
from bot.chat.seeing import refusal, spaces_of
from bot.chat.speech import Speech
from bot.delivery.channels import is_id
from bot.delivery.ledger import LEFT, PartRow
from bot.delivery.message import TOP
from bot.heard import Pressed
from bot.model import Incident


class Reads(Protocol):
    async def get(self, incident_id: str) -> Incident | None: ...

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]: ...


@dataclass(frozen=True, slots=True)
class Doorway:
    reads: Reads
    access: Access

    async def entered(
        self, pressed: Pressed, action: str, incident_id: str, reply: Reply, speech: Speech
    ) -> Incident | Ended:
        """The incident as it is now, or how it ended: then the presser has been told."""
        refused = self.access.may(pressed.user, pressed.channel, action, "")
        incident = await self.reads.get(incident_id) if refused is None and incident_id else None
        if incident is not None:
            refused = refusal(self.access, pressed, action, spaces_of(incident))
        if refused is not None:
            await reply.show(speech.refused(refused))
            return REFUSED
        if incident is None:
            await reply.show(speech.pressed("gone"))
            return REFUSED
        if await self._moved(pressed, incident):
            channel = "" if is_id(incident.channel) else incident.channel
            await reply.show(speech.pressed("moved", channel=channel, moved=bool(incident.moves)))
            return REFUSED
        return incident

    async def _moved(self, pressed: Pressed, incident: Incident) -> bool:
        """It goes on in another channel, it was posted anew since, or this is a second copy. While a post is unanswered, nobody
        knows which is the one.
        """
        if not pressed.ts or pressed.private:
            return False
        parts = await self.reads.parts(incident.id)
        if {pressed.ts, pressed.thread} & {row.ts for row in parts if row.ts and row.part.startswith(LEFT)}:
            return True
        in_channel = pressed.thread in {"", pressed.ts}
        rows = [row for row in parts if (row.part == TOP) is in_channel]
        return all(row.ts for row in rows) and pressed.ts not in {row.ts for row in rows}
