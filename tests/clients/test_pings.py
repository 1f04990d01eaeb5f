"""What `opsbot check` learns of ArgoCD, Alertmanager and Grafana: well, or one gap that says what to correct."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.clients.alertmanager import AlertmanagerClient
from bot.clients.argocd import ArgoClient
from bot.clients.grafana import GrafanaClient
from bot.clients.http import Options
from bot.model import Reason, Source

URL = "https://server.example/base"
Client = ArgoClient | AlertmanagerClient | GrafanaClient
Paths = dict[str, tuple[int, Any]]


def ask(kind: Callable[..., Client], paths: Paths, token: str = "") -> Client:
    def answer(request: httpx.Request) -> httpx.Response:
        status, body = paths.get(request.url.path, (404, None))
        return httpx.Response(status, json=body)

    return kind(URL, token=token, options=Options(transport=httpx.MockTransport(answer)))


WHO, STATUS, HEALTH, SEARCH = (
    f"/base{path}" for path in ("/api/v1/session/userinfo", "/api/v2/status", "/api/health", "/api/search")
)


@pytest.mark.parametrize(
    ("kind", "paths", "token"),
    [
        (ArgoClient, {WHO: (200, {"loggedIn": False})}, ""),
        (ArgoClient, {WHO: (200, {"loggedIn": True})}, "t"),
        (AlertmanagerClient, {STATUS: (200, {"cluster": {"status": "ready"}})}, ""),
        (AlertmanagerClient, {STATUS: (200, {"cluster": {"status": "disabled"}})}, "t"),
        (GrafanaClient, {HEALTH: (200, {"database": "ok"})}, ""),
        (GrafanaClient, {HEALTH: (200, {"database": "ok"}), SEARCH: (200, [])}, "t"),
    ],
)
async def test_all_is_well(kind: Callable[..., Client], paths: Paths, token: str) -> None:
    assert await ask(kind, paths, token).ping() is None


@pytest.mark.parametrize(
    ("kind", "paths", "reason", "detail"),
    [
        (ArgoClient, {WHO: (200, {"loggedIn": False})}, Reason.FORBIDDEN, "the token is not accepted"),
        (
            ArgoClient,
            {WHO: (401, {"error": "invalid session"})},
            Reason.FORBIDDEN,
            "HTTP 401: invalid session",
        ),
        (ArgoClient, {WHO: (200, [1])}, Reason.NOT_CONFIGURED, "what answers at this url is not ArgoCD"),
        (AlertmanagerClient, {}, Reason.NOT_FOUND, "HTTP 404"),
        (
            AlertmanagerClient,
            {STATUS: (200, {"cluster": {"status": "settling"}})},
            Reason.NOT_READY,
            "it is still joining its cluster",
        ),
        (
            AlertmanagerClient,
            {STATUS: (200, {"status": "success"})},
            Reason.NOT_CONFIGURED,
            "what answers at this url is not Alertmanager",
        ),
        (GrafanaClient, {HEALTH: (503, None)}, Reason.NOT_READY, "HTTP 503"),
        (
            GrafanaClient,
            {HEALTH: (200, {"database": "failing"})},
            Reason.NOT_READY,
            "its database does not answer",
        ),
        (
            GrafanaClient,
            {HEALTH: (200, {"database": "ok"}), SEARCH: (401, {"message": "Invalid API key"})},
            Reason.FORBIDDEN,
            "HTTP 401: Invalid API key",
        ),
    ],
)
async def test_a_gap_says_what_to_correct(
    kind: Callable[..., Client], paths: Paths, reason: Reason, detail: str
) -> None:
    gap = await ask(kind, paths, "t").ping()

    assert gap is not None
    assert (gap.reason, gap.detail) == (reason, detail)
    assert gap.source in {Source.ARGOCD, Source.ALERTMANAGER, Source.GRAFANA}


@pytest.mark.parametrize("kind", [ArgoClient, AlertmanagerClient, GrafanaClient])
async def test_nobody_there(kind: Callable[..., Client]) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno -2] Name or service not known")

    gap = await kind(URL, options=Options(transport=httpx.MockTransport(answer))).ping()

    assert gap is not None
    assert gap.reason is Reason.UNREACHABLE
    assert gap.detail == "server.example: [Errno -2] Name or service not known"
