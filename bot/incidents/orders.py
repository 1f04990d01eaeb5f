"""What a person may ask of the bot, by a button of the console or of a message: work, put or taken up again. Does none."""

from dataclasses import dataclass

from bot.incidents.flow import Flow
from bot.incidents.work import Work


@dataclass(frozen=True, slots=True)
class Orders:
    work: Work
    flow: Flow

    async def retry(self, job_id: int) -> bool:
        """Take a given-up job up again; False where there is none."""
        return await self.work.retry(job_id)

    async def recheck(self, incident_id: str) -> bool:
        """Look again for what was found; False where nothing was ever looked at."""
        return await self.flow.ask_recheck(incident_id)
