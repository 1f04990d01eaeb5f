"""What a person may ask of the bot, by a button of the console or of a message: work, put or taken up again. Does none."""

from dataclasses import dataclass, replace

from bot.incidents.again import Asking
from bot.incidents.audit import Audit, Deed, Person, Result
from bot.incidents.flow import Flow
from bot.incidents.silencing import Silencer
from bot.incidents.ticking import Ticks
from bot.incidents.work import Work


@dataclass(frozen=True, slots=True)
class Orders:
    work: Work
    flow: Flow
    audit: Audit
    silences: Silencer
    ticks: Ticks

    async def retry(self, job_id: int, who: Person, *, place: str = "") -> bool:
        """Take a given-up job up again; False where there is none."""
        deed = self.audit.deed(who, f"retry {job_id}", place=place)
        return await self._told(deed, await self.work.retry(job_id, deed))

    async def recheck(self, incident_id: str, who: Person, *, place: str = "") -> Asking | None:
        """Look again for what was found; None where nothing was ever looked at."""
        deed = self.audit.deed(who, "recheck", place=place, incident_id=incident_id)
        asking = await self.flow.ask_recheck(incident_id, deed)
        await self._told(deed, asking is not None and not asking.already)
        return asking

    async def _told(self, deed: Deed, done: bool) -> bool:
        """What was done is written down with it; an order that came too late is written down as well."""
        if not done:
            await self.audit.keep(replace(deed, result=Result.NOTHING))
        return done
