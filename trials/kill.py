"""SIGKILL at random moments: `python -m trials.kill --store sqlite|postgresql [--kills 25] [--seed N]`.

Alertmanager groups fire, grow and resolve while the bot is killed and started again. On PostgreSQL two replicas run, and
half-way one of them is gone for ever. Every group whose webhooks were acknowledged must end as exactly one message in
Slack that says the group's last state. What is lost or duplicated is printed and makes the exit code 1.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from tests.programs.ports import free_port
from tests.programs.postgres import running_postgres
from trials.processes import TOKEN, Child, environment

CHANNELS = 12
MARKS = {"firing": "🔴 Firing", "resolved": "🟢 Resolved"}


@dataclass(slots=True)
class Group:
    """One Alertmanager group and what Alertmanager was told of it: `said` is the state of the last acknowledged body."""

    number: int
    born: datetime
    said: str = ""
    alerts: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        labels = {"alertname": "TrialAlert", "namespace": "trial", "channel": f"c{self.number % CHANNELS}"}
        alerts = [
            {
                "status": status,
                "labels": {**labels, "group": str(self.number), "item": name},
                "annotations": {"summary": f"trial-{self.number}!"},
                "startsAt": self.born.isoformat(),
                "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": f"{self.number:08x}{name:>08}",
            }
            for name, status in self.alerts.items()
        ]
        return json.dumps(
            {
                "version": "4",
                "groupKey": f'{{}}:{{group="{self.number}"}}',
                "truncatedAlerts": 0,
                "status": self.state,
                "receiver": "opsbot",
                "groupLabels": {"group": str(self.number)},
                "commonLabels": labels,
                "commonAnnotations": {},
                "externalURL": "http://alertmanager.example",
                "alerts": alerts,
            }
        ).encode()

    @property
    def state(self) -> str:
        return "firing" if "firing" in self.alerts.values() else "resolved"


@dataclass(slots=True)
class Trial:
    kills: int
    rng: random.Random
    slack: str
    replicas: list[Child]
    gone: bool = False
    killed: int = 0
    groups: list[Group] = field(default_factory=list)
    over: bool = False

    async def send(self, session: aiohttp.ClientSession, group: Group) -> None:
        """As Alertmanager does: again and again until somebody answers 2xx; both replicas are tried in turn."""
        body = group.body()
        while True:
            replica = self.rng.choice([each for each in self.replicas if not each.gone])
            try:
                async with session.post(
                    f"{replica.url}/webhooks/alertmanager",
                    data=body,
                    headers={"Authorization": f"Bearer {TOKEN}"},
                    timeout=aiohttp.ClientTimeout(total=5),
                ) as answer:
                    if answer.status == 200:
                        group.said = group.state
                        return
                    if answer.status != 503:
                        sys.exit(f"trial: unexpected answer {answer.status}: {await answer.text()}")
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.05)

    async def live(self, session: aiohttp.ClientSession, group: Group) -> None:
        """A group's life: it fires, grows, and two times out of three resolves; some bodies arrive twice, as from a pair."""
        group.alerts["a"] = "firing"
        await self.send(session, group)
        for name in ("b", "c"):
            await asyncio.sleep(self.rng.uniform(0, 1.5))
            group.alerts[name] = "firing"
            await self.send(session, group)
            if self.rng.random() < 0.3:
                await self.send(session, group)
        if self.rng.random() < 0.67:
            await asyncio.sleep(self.rng.uniform(0, 2))
            group.alerts = dict.fromkeys(group.alerts, "resolved")
            await self.send(session, group)

    async def keep_alerting(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as lives:
            while not self.over:
                group = Group(len(self.groups), datetime.now(UTC) - timedelta(seconds=5))
                self.groups.append(group)
                lives.create_task(self.live(session, group))
                await asyncio.sleep(self.rng.uniform(0.1, 0.8))

    async def keep_killing(self) -> None:
        while self.killed < self.kills:
            await asyncio.sleep(self.rng.uniform(0.2, 2.5))
            alive = [each for each in self.replicas if not each.gone]
            victim = self.rng.choice(alive)
            await victim.kill()
            self.killed += 1
            if len(alive) > 1 and self.killed >= self.kills // 2:
                victim.gone = True
            else:
                await asyncio.sleep(self.rng.uniform(0, 0.3))
                await victim.start()
        self.over = True


@dataclass(frozen=True, slots=True)
class Tally:
    groups: int
    lost: tuple[str, ...]
    duplicated: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not self.lost and not self.duplicated


def tally(groups: list[Group], state: dict[str, Any]) -> Tally:
    tops: dict[str, list[dict[str, Any]]] = {}
    for messages in state["channels"].values():
        for message in messages:
            if not message.get("thread_ts") and not message.get("deleted"):
                tops.setdefault(message["group"], []).append(message)
    lost, duplicated = [], []
    for group in groups:
        found = tops.get(str(group.number), [])
        if len(found) > 1:
            duplicated.append(f"group {group.number}: {len(found)} messages")
        if not found or not found[0]["text"].startswith(MARKS[group.said]):
            was = found[0]["text"][:40] if found else "no message"
            lost.append(f"group {group.number}: should be {group.said}, is: {was}")
    return Tally(len(groups), tuple(lost), tuple(duplicated))


async def read_state(slack: str, find: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{slack}/_state") as answer:
        state: dict[str, Any] = await answer.json()
    for messages in state["channels"].values():
        for message in messages:
            message["group"] = find(message)
    return state


def group_of(message: dict[str, Any]) -> str:
    """The group's number stands in the alert's summary, which every top message quotes."""
    found = re.search(r"trial-(\d+)!", json.dumps(message, ensure_ascii=False))
    return found.group(1) if found else ""


async def settle(groups: list[Group], slack: str, seconds: float) -> Tally:
    end = time.monotonic() + seconds
    while True:
        result = tally(groups, await read_state(slack, group_of))
        if result.clean or time.monotonic() > end:
            return result
        await asyncio.sleep(1)


@asynccontextmanager
async def stage(store: str, folder: Path, seed: int) -> AsyncIterator[tuple[str, list[Child]]]:
    """The Slack fake, the store, and one or two replicas of the bot in front of it."""
    async with AsyncExitStack() as stack:
        slack_port = free_port()
        slack = Child(
            ["tests.fakes.slack", "--port", str(slack_port), "--latency", "0.15", "--seed", str(seed)],
            f"http://127.0.0.1:{slack_port}",
            "/_state",
            folder / "slack.log",
        )
        await stack.enter_async_context(slack.running())
        url = f"sqlite:///{folder}/trial.db"
        if store == "postgresql":
            server = stack.enter_context(running_postgres())
            url = stack.enter_context(server.fresh())
        config = folder / "opsbot.yaml"
        config.write_text(
            # What a storm's digest tells may end without a message of its own: that is another trial's subject.
            "delivery:\n  hold: 1s\n  storm: {bound: 100000}\n  default_channel: '#c0'\n  routes:\n"
            + "".join(f"    - {{match: ['channel=\"c{n}\"'], channel: '#c{n}'}}\n" for n in range(CHANNELS))
        )
        replicas = []
        for number in range(2 if store == "postgresql" else 1):
            port = free_port()
            child = Child(
                ["bot", "serve", "--config", str(config)],
                f"http://127.0.0.1:{port}",
                "/readyz",
                folder / f"replica{number}.log",
                environment(url, f"{slack.url}/api/", port, f"replica-{number}"),
            )
            replicas.append(await stack.enter_async_context(child.running()))
        yield slack.url, replicas


async def run(store: str, kills: int, seed: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        async with stage(store, Path(name), seed) as (slack, replicas):
            trial = Trial(kills, random.Random(seed), slack, replicas)
            started = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(trial.keep_alerting())
                tasks.create_task(trial.keep_killing())
            result = await settle(trial.groups, slack, 90)
            took = time.monotonic() - started
    print(
        f"{store}: {trial.killed} kills, {result.groups} incidents, {len(result.lost)} lost, "
        f"{len(result.duplicated)} duplicated, {took:.0f} s (seed {seed})"
    )
    for line in (*result.lost, *result.duplicated):
        print(f"  {line}")
    return result.clean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    clean = [
        asyncio.run(run(store, arguments.kills, seed))
        for store in arguments.store or ("sqlite", "postgresql")
    ]
    sys.exit(0 if all(clean) else 1)


if __name__ == "__main__":
    main()
