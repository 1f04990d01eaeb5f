"""From a webhook's post to the first Slack message, against a Slack fake that answers at once.

The channel's pace of one message a second is Slack's, so the rounds are far enough apart not to wait for it.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request

import aiohttp

from bench.processes import ROOT, TOKEN, free_port, opsbot, wait_for
from bench.webhook import BODY

ROUNDS = 12
APART = 4.0


async def one(session: aiohttp.ClientSession, server: str, slack: str, number: int) -> float:
    template = json.loads(BODY.read_text())
    body = json.dumps({**template, "groupKey": f"{{}}:first-{number}"})
    seen = await messages(session, slack)
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with session.post(f"{server}/webhooks/alertmanager", data=body, headers=headers) as answer:
        answer.raise_for_status()
    while await messages(session, slack) == seen:
        if time.perf_counter() - started > 20:
            sys.exit("bench: no message within 20 s")
        await asyncio.sleep(0.005)
    return time.perf_counter() - started


async def messages(session: aiohttp.ClientSession, slack: str) -> int:
    async with session.get(f"{slack}/_state") as answer:
        state = await answer.json()
    return sum(
        1 for channel in state["channels"].values() for message in channel if not message.get("thread_ts")
    )


async def measure(server: str, slack: str) -> list[float]:
    async with aiohttp.ClientSession() as session:
        durations = []
        for number in range(ROUNDS):
            durations.append(await one(session, server, slack, number))
            await asyncio.sleep(APART)
    return sorted(durations)


def main() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.slack", "--port", str(port)]
    fake = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        slack = f"http://127.0.0.1:{port}"
        wait_for(f"{slack}/_state", fake)
        extra = {
            "SLACK_BOT_TOKEN": "xoxb-trial",
            "SLACK_SIGNING_SECRET": "bench",
            "SLACK_API_URL": f"{slack}/api/",
        }
        with opsbot(extra) as server:
            times = asyncio.run(measure(server.url, slack))
        floor = min(round_trip(slack) for _ in range(20))
        middle = times[len(times) // 2]
        print(
            f"webhook to first message: p50 {middle * 1e3:.0f} ms, worst {times[-1] * 1e3:.0f} ms of {ROUNDS}"
        )
        print(f"  ({middle / floor:.0f} × one call to the Slack fake)")
    finally:
        fake.terminate()
        fake.wait()


def round_trip(slack: str) -> float:
    started = time.perf_counter()
    with urllib.request.urlopen(f"{slack}/_state", timeout=5) as answer:
        answer.read()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
