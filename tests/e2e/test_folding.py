"""Two workloads broken by one setting: one message leads, the other points to it, and after the end it is told what became
of the cause. The whole bot against a cluster, with a runbook as small as can be.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.demo.bodies import Draft
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import WorkloadOf
from bot.diagnosis.reads import WORKLOAD_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Cause, Finding, Target
from tests.builders import deployment
from tests.e2e.bots import inside, post, thread, words
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import FakeSlack, Kept
from tests.programs.alertmanager import now
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

BEGAN = now() - timedelta(minutes=9)
NAMES = ("board-service", "chat-service")


@dataclass(frozen=True, slots=True)
class Seen:
    workload: WorkloadState | Unavailable


async def collect(target: Target, sources: Sources) -> Seen:
    return Seen(await sources.look(WorkloadOf(target)))


def decide(seen: Seen) -> list[Finding]:
    answer = Answer("shared", "setting-wrong")
    if isinstance(seen.workload, Unavailable):
        return [answer.not_checked(seen.workload)]
    facts = {"ready": seen.workload.ready or 0}
    if facts["ready"]:
        return [answer.ruled_out(facts)]
    found = answer.confirmed(facts)
    return [Finding(found.runbook, found.cause, found.verdict, found.facts, root="configmap/shared DB_USER")]


SHARED = Runbook(
    name="shared",
    alerts=('alertname=~"Broken.*"',),
    causes=(Cause("setting-wrong"),),
    reads=(WORKLOAD_READ,),
    collect=collect,
    decide=decide,
)


def draft(number: int, *, over: bool = False) -> Draft:
    labels = {"alertname": f"Broken{number}", "namespace": "shop", "deployment": NAMES[number]}
    return Draft(labels, BEGAN + timedelta(minutes=number), {}, now() if over else None)


def tops(slack: FakeSlack) -> dict[str, Kept]:
    return {name: top for top in slack.tops() for name in NAMES if f"shop/Deployment/{name}" in top.text}


async def test_one_cause_is_told_once_and_looked_for_again_after_the_end(tmp_path: Path) -> None:
    fake = FakeKubernetes(*(deployment(name) for name in NAMES))
    board, chat = NAMES
    async with fake, FakeSlack().running() as slack:
        config = "delivery: {hold: 10s}\n"
        kubeconfig = fake.kubeconfig(tmp_path)
        async with inside(tmp_path, slack, config=config, runbooks=(SHARED,), KUBECONFIG=kubeconfig) as bot:
            await post(bot.url, draft(0))
            await wait_for(lambda: board in tops(slack), "the first message")
            await post(bot.url, draft(1))
            await wait_for(lambda: chat in tops(slack), "the second message")
            leader, follower = tops(slack)[board], tops(slack)[chat]
            link = f"<https://slack.com/archives/{slack.channel_id('alerts')}/p{leader.ts.replace('.', '')}|"
            assert f"Same cause as {link}shop/{board}>" in words(follower)
            assert "Confirmed" not in words(follower)
            assert not follower.edits
            await wait_for(lambda: "Confirmed" in words(*thread(slack, follower)), "the details stay with it")
            await wait_for(
                lambda: "Also 1 incident with the same cause" in words(leader), "the leader lists it"
            )
            assert f"p{follower.ts.replace('.', '')}|shop/{chat}>" in words(leader)
            assert "Confirmed" in words(leader)

            fake.remove("Deployment", "shop", board)
            fake.add(deployment(board, ready=2))
            await post(bot.url, draft(0, over=True))
            await wait_for(lambda: leader.text.startswith("🟢 Resolved"), "green")
            assert "Checked again" not in leader.text, "green waits for nobody"
            await wait_for(lambda: "Checked again, fixed" in leader.text, "what became of the cause")
            assert "(ready pods 0 → 2)" in leader.text
            assert "same cause" not in words(leader)
            await wait_for(lambda: "Same cause" not in words(follower), "the other one stands alone")
            assert "Confirmed" in words(follower)

            (other,) = [one for one in await bot.store.incidents() if one.closed_at is None]
            async with aiohttp.ClientSession() as http:
                await (await http.post(f"{bot.url}/incidents/{other.id}/recheck")).read()
                await wait_for(lambda: "Checked again – still there" in follower.text, "what was asked for")
                async with http.get(f"{bot.url}/api/incidents/{other.id}") as answer:
                    document = await answer.json()
    assert document["rechecks"][0]["findings"][0]["outcome"] == "still_there"
    assert document["diagnosis"]["findings"][0]["verdict"] == "confirmed"
    assert (document["leads"], document["follows"]) == ([], [])
