"""A real Prometheus for tests, with rules that can be replaced while it runs. It evaluates and scrapes every second."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.programs.ports import free_port
from tests.programs.running import Program, folder, program, running

_RULES = "rules.yml"


@dataclass(slots=True)
class Prometheus(Program):
    async def reload(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Other rules from now on. A rule whose expression gives nothing any more resolves; one left out is forgotten."""
        _write_rules(self.log.parent, rules)
        async with self.http.post(f"{self.url}/-/reload") as response:
            assert response.status == 200, await response.text()

    async def query(self, expression: str) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/api/v1/query", params={"query": expression}) as response:
            answer = await response.json()
            result: list[dict[str, Any]] = answer["data"]["result"]
            return result


def rule(name: str, expression: str, *, summary: str = "", **labels: str) -> dict[str, Any]:
    """An alerting rule without `for`."""
    return {"alert": name, "expr": expression, "labels": labels, "annotations": {"summary": summary or name}}


@asynccontextmanager
async def prometheus(
    rules: Sequence[Mapping[str, Any]],
    *,
    alertmanagers: Sequence[str] = (),
    targets: Mapping[str, Sequence[str]] | None = None,
    external_labels: Mapping[str, str] | None = None,
) -> AsyncIterator[Prometheus]:
    """`alertmanagers` are base URLs; `targets` are addresses (host:port) to scrape by job."""
    port = free_port()
    async with folder("prometheus") as place:
        _write_rules(place, rules)
        config = _config(alertmanagers, targets or {}, external_labels or {})
        (place / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [
            program("prometheus", "prometheus"),
            f"--config.file={place / 'prometheus.yml'}",
            f"--storage.tsdb.path={place / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle",
            # A fresh one repeats its first notification only after a minute otherwise.
            "--rules.alert.resend-delay=5s",
        ]
        async with running(command, url=f"http://127.0.0.1:{port}", log=place / "log") as one:
            yield Prometheus(one.url, one.process, one.log, one.http)


def _write_rules(place: Path, rules: Sequence[Mapping[str, Any]]) -> None:
    groups = {"groups": [{"name": "test", "rules": [dict(each) for each in rules]}]}
    (place / _RULES).write_text(yaml.safe_dump(groups))


def _config(
    alertmanagers: Sequence[str], targets: Mapping[str, Sequence[str]], external_labels: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "global": {
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "evaluation_interval": "1s",
            "external_labels": dict(external_labels),
        },
        "rule_files": [_RULES],
        "alerting": {
            "alertmanagers": [
                {"static_configs": [{"targets": [urlsplit(url).netloc]}]} for url in alertmanagers
            ]
        },
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
            for job, addresses in targets.items()
        ],
    }
