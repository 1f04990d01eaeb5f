"""What the outbox must remember so that no kill makes it post twice: a protocol, kept by `incidents.store`.

One row per (owner, part): `part` is `top` for the message in the channel, `detail:N` for its thread, and `left:…` for what
stands in a channel where it is told no more. The owner is an incident, or a storm, whose message is a digest. An intent is
written before a post. An intent without a `ts` means that the post may have happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# An id says whose it is: a storm's begins so, an incident's is hexadecimal.
STORM = "storm-"
LEFT = "left:"
# Instead of a `ts`: another part has told it.
TOLD = "told"


@dataclass(frozen=True, slots=True)
class PartRow:
    """`ts` is empty until Slack's answer is known; `token` names the attempt that owns the intent, and says how often its
    incident had moved then.

    `incident_id` is the owner's, which may be a storm's.
    """

    incident_id: str
    part: str
    channel: str
    token: str
    intent_at: datetime
    ts: str = ""
    digest: str = ""

    @property
    def moves(self) -> int:
        moves, said, _ = self.token.partition(_MOVES)
        return int(moves) if said and moves.isdecimal() else 0

    def outdated(self, moves: int) -> bool:
        """It is of a channel that the incident has left since."""
        return not self.part.startswith(LEFT) and self.ts != TOLD and self.moves < moves


_MOVES = ":"


def token_of(attempt: str, moves: int) -> str:
    return f"{moves}{_MOVES}{attempt}" if moves else attempt


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """Pace and trouble of one channel, shared by all replicas. `error` and `remedy` are empty when all is well.

    `channel` is as the routes say it; `id` is what Slack calls it, empty until something was posted there.
    """

    channel: str
    not_before: datetime | None = None
    error: str = ""
    remedy: str = ""
    since: datetime | None = None
    id: str = ""


class Ledger(Protocol):
    async def parts(self, incident_id: str) -> tuple[PartRow, ...]: ...

    async def intend(self, row: PartRow, replaces: str = "", *, tells: Sequence[str] = ()) -> bool:
        """Write an intent; False when another attempt holds one (unless its token is `replaces`). The parts that it `tells`
        as well are written down with it as told.
        """

    async def posted(self, incident_id: str, part: str, token: str, *, ts: str, digest: str) -> bool:
        """Record the answer; False when the intent is no longer ours (another replica took over)."""

    async def edited(self, incident_id: str, part: str, *, digest: str) -> None: ...

    async def leave(self, incident_id: str, moves: int) -> None:
        """It has moved so often: what stands where it was told before is left there, and no part of it any more."""

    async def forget(self, incident_id: str, part: str) -> None:
        """Drop a row: its message is gone, or is known never to have been accepted."""

    async def channel(self, channel: str) -> ChannelRow: ...

    async def pace(self, channel: str, not_before: datetime) -> None: ...

    async def trouble(self, channel: str, error: str, remedy: str, at: datetime) -> None:
        """Record a channel's error with its remedy; empty strings clear it."""

    async def locate(self, channel: str, channel_id: str) -> None:
        """Remember a channel's id: messages are looked up and edited by it, and a name does not do."""
