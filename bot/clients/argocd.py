"""ArgoCD's API: whether it answers and knows the token. What runbooks need of an application comes from Kubernetes."""

from bot.clients.http import HttpSource, Options
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

# Answers without a token too, and then says that nobody is logged in.
_WHO = "/api/v1/session/userinfo"


class ArgoClient:
    def __init__(self, url: str, *, token: str = "", options: Options | None = None) -> None:
        self._http = HttpSource(Source.ARGOCD, url, token=token, options=options)
        self._has_token = bool(token.strip())

    async def close(self) -> None:
        await self._http.close()

    async def ping(self) -> Unavailable | None:
        reply = await self._http.get(_WHO)
        if isinstance(reply, Unavailable):
            return reply
        gap = self._http.refused(reply, _WHO)
        if gap is not None:
            return gap
        if not isinstance(reply.document, dict):
            detail = "what answers at this url is not ArgoCD"
            return self._http.failed(Reason.NOT_CONFIGURED, _WHO, detail)
        if self._has_token and reply.document.get("loggedIn") is not True:
            return self._http.failed(Reason.FORBIDDEN, _WHO, "the token is not accepted")
        return None
