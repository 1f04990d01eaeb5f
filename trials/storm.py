"""Hundreds of groups in a minute: `python -m trials.storm [--groups 500] [--seconds 60] [--minutes 10] [--pace 1]`.

The bot with its own defaults, on SQLite, against a Slack that takes about one message a second. Prints what the channel had
to bear, when the digest stood, and how late the event loop and the webhook were; the exit code is 1 when a promise of
docs/storms.md is broken.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.demo.bodies import Draft, body
from tests.fakes.slack import FakeSlack, Kept
from tests.programs.ports import free_port
from trials.processes import TOKEN, Child, environment

STORM = re.compile(r"^(🔴 Firing|🟢 Resolved|⚪ Stale) · storm: (\d+)")
SEVERITIES = ("critical", "warning", "warning", "warning", "info")
HANDFUL = 5


def draft(number: int, began: datetime, ended: datetime | None = None) -> Draft:
    labels = {
        "alertname": f"TrialStorm{number:04}",
        "namespace": f"team-{number % 20}",
        "severity": SEVERITIES[number % len(SEVERITIES)],
        "pod": f"web-{number}",
    }
    return Draft(labels, began, {"summary": f"Trial {number}"}, ended)


def digests(tops: list[Kept]) -> list[Kept]:
    return [top for top in tops if STORM.match(top.text)]


@dataclass(slots=True)
class Trial:
    groups: int
    seconds: float
    slack: FakeSlack
    url: str
    began: float = field(default_factory=time.monotonic)
    slowest: list[float] = field(default_factory=list)

    async def fire(self) -> None:
        """Evenly, and each as soon as it is due, however long those before take."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as http, asyncio.TaskGroup() as posts:
            for number in range(self.groups):
                due = self.began + number * self.seconds / self.groups
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                posts.create_task(self._post(http, number))

    async def _post(self, http: aiohttp.ClientSession, number: int) -> None:
        sent = time.monotonic()
        content = body([draft(number, datetime.now(UTC))])
        async with http.post(f"{self.url}/webhooks/alertmanager", json=content) as answer:
            if answer.status != 200:
                sys.exit(f"trial: unexpected answer {answer.status}: {await answer.text()}")
        self.slowest.append(time.monotonic() - sent)

    async def digest(self) -> tuple[float, int]:
        """Seconds until it stands, and the messages before it."""
        while not digests(self.slack.tops()):  # noqa: ASYNC110 - it comes from another process
            await asyncio.sleep(0.02)
        before = [STORM.match(top.text) is not None for top in self.slack.tops()].index(True)
        return time.monotonic() - self.began, before

    def tell(self, when: str) -> None:
        live = self.slack.live()
        tops = self.slack.tops()
        edits = sum(len(message.edits) for message in live)
        print(
            f"{when}: {len(tops)} messages in the channel, {len(live) - len(tops)} in threads, {edits} edits"
        )
        print(f"  the digest: {' | '.join(digests(tops)[0].text.splitlines()[:6])}")

    def broken(self) -> list[str]:
        tops, everything = self.slack.tops(), "\n".join(str(message.blocks) for message in self.slack.live())
        unnamed = [n for n in range(self.groups) if f"TrialStorm{n:04}" not in everything]
        doubled = [name for name, count in Counter(_name(top) for top in tops).items() if name and count > 1]
        return [
            *([f"{len(digests(tops))} digests"] if len(digests(tops)) != 1 else []),
            *([f"not named anywhere: {unnamed[:5]} …"] if unnamed else []),
            *([f"there twice: {doubled[:5]} …"] if doubled else []),
        ]


def _name(top: Kept) -> str:
    found = None if STORM.match(top.text) else re.search(r"TrialStorm\d+", top.text)
    return found.group() if found else ""


async def _metrics(url: str) -> Mapping[str, float]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def _worst(metrics: Mapping[str, float], name: str) -> str:
    """The bucket of a histogram in which the worst one is."""
    total = metrics[f"{name}_count"]
    buckets = re.compile(rf'{name}_bucket{{le="([^"]+)"}}')
    found = [(float(m[1]), value) for key, value in metrics.items() if (m := buckets.fullmatch(key))]
    return f"at most {min(le for le, count in found if count == total):g} s"


async def run(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        async with FakeSlack(pace=arguments.pace).running() as slack:
            env = environment(f"sqlite:///{folder}/opsbot.db", slack.url, port, "storm")
            child = Child(["bot", "serve"], f"http://127.0.0.1:{port}", "/readyz", folder / "bot.log", env)
            async with child.running():
                return await _through(Trial(arguments.groups, arguments.seconds, slack, child.url), arguments)


async def _through(trial: Trial, arguments: argparse.Namespace) -> bool:
    trial.began = time.monotonic()
    async with asyncio.TaskGroup() as both:
        firing = both.create_task(trial.fire())
        digest = both.create_task(trial.digest())
        await asyncio.wait([firing])
    stood, before = digest.result() if digest.done() else await digest
    print(f"the digest stood after {stood:.1f} s; {before} messages came before it")
    for minutes in sorted({min(2.0, arguments.minutes), arguments.minutes}):
        await asyncio.sleep(max(0.0, trial.began + minutes * 60 - time.monotonic()))
        trial.tell(f"after {minutes:g} min")
    metrics = await _metrics(trial.url)
    waits = sorted(trial.slowest)
    print(f"webhook: p99 {waits[int(len(waits) * 0.99)] * 1000:.0f} ms, worst {waits[-1] * 1000:.0f} ms")
    print(f"event loop: {_worst(metrics, 'opsbot_event_loop_lag_seconds')} late")
    broken = trial.broken()
    if before > HANDFUL:
        broken.append(f"{before} messages before the digest")
    for problem in broken:
        print(f"broken: {problem}")
    return not broken


def main() -> None:
    parser = argparse.ArgumentParser(description="A storm of alerts")
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pace", type=float, default=1.0)
    sys.exit(0 if asyncio.run(run(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
