"""Grafana's API: whether it answers, has its database, and knows the token."""

from bot.clients.http import HttpSource, Options
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

_HEALTH = "/api/health"
# Open to every role, and to nobody without a valid token (unless anonymous access is on).
_SEARCH = "/api/search"


class GrafanaClient:
    def __init__(self, url: str, *, token: str = "", options: Options | None = None) -> None:
        self._http = HttpSource(Source.GRAFANA, url, token=token, options=options)
        self._has_token = bool(token.strip())

    async def close(self) -> None:
        await self._http.close()

    async def ping(self) -> Unavailable | None:
        reply = await self._http.get(_HEALTH)
        if isinstance(reply, Unavailable):
            return reply
        gap = self._http.refused(reply, _HEALTH)
        if gap is not None:
            return gap
        if not isinstance(reply.document, dict) or "database" not in reply.document:
            detail = "what answers at this url is not Grafana"
            return self._http.failed(Reason.NOT_CONFIGURED, _HEALTH, detail)
        if reply.document["database"] != "ok":
            return self._http.failed(Reason.NOT_READY, _HEALTH, "its database does not answer")
        return await self._token_refused() if self._has_token else None

    async def _token_refused(self) -> Unavailable | None:
        reply = await self._http.get(_SEARCH, {"limit": "1"})
        return reply if isinstance(reply, Unavailable) else self._http.refused(reply, _SEARCH)
