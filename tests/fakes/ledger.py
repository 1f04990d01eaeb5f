"""The ledger of delivery in memory, with the rules of the kept one: who holds an intent, and a pace that never quickens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.delivery.ledger import LEFT, TOLD, ChannelRow, PartRow
from bot.delivery.message import TOP


class FakeLedger:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], PartRow] = {}
        self.channels: dict[str, ChannelRow] = {}

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]:
        return tuple(row for (incident, _), row in self.rows.items() if incident == incident_id)

    async def intend(self, row: PartRow, replaces: str = "", *, tells: Sequence[str] = ()) -> bool:
        held = self.rows.get((row.incident_id, row.part))
        if held is not None and (not replaces or held.token != replaces):
            return False
        self.rows[row.incident_id, row.part] = row
        for part in tells:
            self.rows.setdefault((row.incident_id, part), replace(row, part=part, ts=TOLD))
        return True

    async def leave(self, incident_id: str, moves: int) -> None:
        for row in [row for row in await self.parts(incident_id) if row.outdated(moves)]:
            del self.rows[incident_id, row.part]
            if row.part == TOP:
                left = replace(row, part=f"{LEFT}{row.token}")
                self.rows[incident_id, left.part] = left

    async def posted(self, incident_id: str, part: str, token: str, *, ts: str, digest: str) -> bool:
        held = self.rows.get((incident_id, part))
        if held is None or held.token != token:
            return False
        self.rows[incident_id, part] = replace(held, ts=ts, digest=digest)
        return True

    async def edited(self, incident_id: str, part: str, *, digest: str) -> None:
        if held := self.rows.get((incident_id, part)):
            self.rows[incident_id, part] = replace(held, digest=digest)

    async def forget(self, incident_id: str, part: str) -> None:
        self.rows.pop((incident_id, part), None)

    async def channel(self, channel: str) -> ChannelRow:
        return self.channels.get(channel, ChannelRow(channel))

    async def pace(self, channel: str, not_before: datetime) -> None:
        row = await self.channel(channel)
        if row.not_before is None or row.not_before < not_before:
            self.channels[channel] = replace(row, not_before=not_before)

    async def trouble(self, channel: str, error: str, remedy: str, at: datetime) -> None:
        row = await self.channel(channel)
        since = (row.since if row.error == error else at) if error else None
        self.channels[channel] = replace(row, error=error, remedy=remedy, since=since)

    async def locate(self, channel: str, channel_id: str) -> None:
        self.channels[channel] = replace(await self.channel(channel), id=channel_id)
