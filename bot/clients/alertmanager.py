"""Alertmanager's API: whether it answers, and whether it has joined its cluster."""

from bot.clients.http import HttpSource, Options
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

_STATUS = "/api/v2/status"


class AlertmanagerClient:
    def __init__(self, url: str, *, token: str = "", options: Options | None = None) -> None:
        self._http = HttpSource(Source.ALERTMANAGER, url, token=token, options=options)

    async def close(self) -> None:
        await self._http.close()

    async def ping(self) -> Unavailable | None:
        """The answer also holds the whole configuration, with its secrets: nothing of it is kept."""
        reply = await self._http.get(_STATUS)
        if isinstance(reply, Unavailable):
            return reply
        gap = self._http.refused(reply, _STATUS)
        if gap is not None:
            return gap
        cluster = reply.document.get("cluster") if isinstance(reply.document, dict) else None
        if not isinstance(cluster, dict):
            detail = "what answers at this url is not Alertmanager"
            return self._http.failed(Reason.NOT_CONFIGURED, _STATUS, detail)
        if cluster.get("status") == "settling":
            return self._http.failed(Reason.NOT_READY, _STATUS, "it is still joining its cluster")
        return None
