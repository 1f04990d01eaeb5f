"""Real Alertmanagers for tests: one, or peers that gossip. Fast clocks, so that a test takes seconds, not minutes."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.programs.ports import free_ports
from tests.programs.running import Program, folder, program, running

_PACKAGE = "prometheus-alertmanager"


@dataclass(slots=True)
class Alertmanager(Program):
    async def post(self, *alerts: Mapping[str, Any]) -> None:
        """API v2: alerts as `alert()` makes them."""
        async with self.http.post(f"{self.url}/api/v2/alerts", json=list(alerts)) as response:
            assert response.status == 200, await response.text()

    async def alerts(self) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/api/v2/alerts") as response:
            found: list[dict[str, Any]] = await response.json()
            return found

    async def status(self) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/api/v2/status") as response:
            found: dict[str, Any] = await response.json()
            return found


def alert(
    name: str, *, starts: datetime | None = None, ends: datetime | None = None, **labels: str
) -> dict[str, Any]:
    """One alert for `post`. Without `ends` it fires for Alertmanager's `resolve_timeout`; `ends` now resolves it."""
    times = {"startsAt": starts, "endsAt": ends}
    return {
        "labels": {"alertname": name} | labels,
        "annotations": {"summary": f"{name} says so"},
        "generatorURL": "http://prometheus.example/graph",
    } | {key: time.isoformat() for key, time in times.items() if time}


def now() -> datetime:
    return datetime.now(UTC)


def webhook_config(
    url: str, *, group_by: Sequence[str] = ("alertname", "namespace"), token: str = "", **webhook: Any
) -> dict[str, Any]:
    """One receiver that posts everything to `url`, with waits of a fraction of a second. `webhook` adds to it."""
    auth = {"http_config": {"authorization": {"credentials": token}}} if token else {}
    return {
        "route": {
            "receiver": "opsbot",
            "group_by": list(group_by),
            "group_wait": "100ms",
            "group_interval": "500ms",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "opsbot", "webhook_configs": [{"url": url} | auth | webhook]}],
    }


@asynccontextmanager
async def alertmanager(
    config: Mapping[str, Any] | str, *, peers: int = 1, peer_timeout: str = "2s"
) -> AsyncIterator[tuple[Alertmanager, ...]]:
    """As many as `peers`, all with one configuration; more than one form a cluster and share what they have sent."""
    web, gossip = free_ports(peers), free_ports(peers)
    async with AsyncExitStack() as stack:
        started: list[Alertmanager] = []
        for number in range(peers):
            place = await stack.enter_async_context(folder("alertmanager"))
            cluster = _cluster(gossip, number, peer_timeout) if peers > 1 else ["--cluster.listen-address="]
            command = _command(place, config, web[number])
            one = await stack.enter_async_context(
                running([*command, *cluster], url=f"http://127.0.0.1:{web[number]}", log=place / "log")
            )
            started.append(Alertmanager(one.url, one.process, one.log, one.http))
        yield tuple(started)


def _command(place: Path, config: Mapping[str, Any] | str, port: int) -> list[str]:
    file = place / "alertmanager.yml"
    file.write_text(config if isinstance(config, str) else yaml.safe_dump(json.loads(json.dumps(config))))
    return [
        program(_PACKAGE, _PACKAGE),
        f"--config.file={file}",
        f"--storage.path={place / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
    ]


def _cluster(gossip: Sequence[int], number: int, peer_timeout: str) -> list[str]:
    """Settling takes a few gossip intervals, during which nothing is sent."""
    others = [port for port in gossip if port != gossip[number]]
    return [
        f"--cluster.listen-address=127.0.0.1:{gossip[number]}",
        *(f"--cluster.peer=127.0.0.1:{port}" for port in others),
        f"--cluster.peer-timeout={peer_timeout}",
        "--cluster.gossip-interval=20ms",
        "--cluster.pushpull-interval=500ms",
        "--cluster.reconnect-interval=500ms",
        "--cluster.settle-timeout=5s",
    ]
