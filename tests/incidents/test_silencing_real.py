"""Silences in a real Alertmanager: previewed, made, found, ended; with values that hurt, and with several receivers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clients.alertmanager import AlertmanagerClient
from bot.clients.redaction import redact
from bot.diagnosis.sources import Unavailable
from bot.incidents.audit import Audit, Person, Via
from bot.incidents.silences import Preview, Problem, mark, narrowest, written
from bot.incidents.silencing import Order, Silenced, SilenceOptions, Silencer
from bot.incidents.store import Store
from bot.matchers import Matcher
from bot.model import AlertGroup, Incident
from bot.silence import KnownSilence, Silence, SilenceState
from tests.incidents.conftest import an_incident
from tests.programs.alertmanager import Alertmanager, alert, alertmanager, now, webhook_config
from tests.programs.receiver import Receiver, receiver
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

ADA = Person(Via.SLACK, "U1", "ada")
NASTY: dict[str, Any] = {
    "quotes": 'say "hi", {a="b"}',
    "backslash": "C:\\new\\table\\",
    "line": "one\ntwo\ttab",
    "wide": "한글 é 🔥",
    "regex": ".*|(a+)$",
    "blank": "  spaces at both ends  ",
    "percent": "100% &a=b;c#d?e+f",
}


def heard(group: AlertGroup, name: str) -> Incident:
    return replace(
        an_incident(name, group_key=group.group_key),
        receiver=group.receiver,
        alerts=group.alerts,
        group_labels=group.group_labels,
        external_url=group.external_url,
    )


@dataclass
class Bench:
    store: Store
    client: AlertmanagerClient
    silencer: Silencer

    async def keep(self, incident: Incident) -> Incident:
        async with self.store.begin() as transaction:
            await transaction.save(incident)
        return incident

    async def preview(self, incident: Incident, matchers: tuple[Matcher, ...] | None = None) -> Preview:
        found = await self.silencer.propose(incident, matchers)
        assert isinstance(found, Preview)
        return found

    async def silence(self, incident: Incident, matchers: Sequence[Matcher], key: str = "k") -> Silence:
        until = now() + timedelta(hours=2)
        order = Order(incident.id, tuple(matchers), until, 'deploy, "soon"', ADA, key)
        done = await self.silencer.silence(order)
        assert isinstance(done, Silenced), done
        return done.silence


@asynccontextmanager
async def bench(url: str, folder: Path) -> AsyncIterator[Bench]:
    store = Store(f"sqlite:///{folder}/opsbot.db", replica="one")
    await store.open()
    client = AlertmanagerClient(url)
    audit = Audit(store, redact, now)
    yield Bench(store, client, Silencer(store, {"prod": client}, audit, SilenceOptions(), now))
    await client.close()
    await store.close()


@asynccontextmanager
async def firing(
    *alerts: dict[str, Any], config: Any = None, bodies: int = 1
) -> AsyncIterator[tuple[Alertmanager, Receiver]]:
    """Until as many groups were heard."""
    async with receiver() as taken, alertmanager((config or webhook_config)(taken.url)) as (one,):
        await one.post(*alerts)
        await wait_for(lambda: len(taken.bodies) >= bodies, "the groups", programs=[one])
        yield one, taken


async def states(program: Alertmanager) -> dict[str, str]:
    return {found["labels"]["pod"]: found["status"]["state"] for found in await program.alerts()}


async def test_previewed_made_and_ended(tmp_path: Path) -> None:
    began = now()
    crashes = [alert("Crash", namespace="shop", pod=f"web-{number}", starts=began) for number in (0, 1)]
    elsewhere = alert("Slow", namespace="shop", pod="db-0", starts=began)
    async with firing(*crashes, elsewhere, bodies=2) as (program, taken), bench(program.url, tmp_path) as it:
        group = next(one for one in taken.groups if one.group_labels["alertname"] == "Crash")
        incident = await it.keep(heard(group, "i1"))
        narrow = await it.preview(incident)
        assert written(narrow.matchers) == ('alertname="Crash"', 'namespace="shop"')
        assert ([one.labels["pod"] for one in narrow.here], narrow.others) == (["web-0", "web-1"], ())
        wide = await it.preview(incident, (Matcher("namespace", "=", "shop"),))
        assert [one.labels["pod"] for one in wide.others] == ["db-0"], "the surprise"

        made = await it.silence(incident, narrow.matchers)
        assert await states(program) == {"web-0": "suppressed", "web-1": "suppressed", "db-0": "active"}
        assert (await it.preview(incident)).silenced == 2
        assert await it.silence(incident, narrow.matchers, key="another") == made
        assert made.link == f"{program.url}/#/silences/{made.alertmanager_id}"
        found = await it.client.find(mark(made.id))
        assert isinstance(found, KnownSilence)
        assert (found.id, found.active) == (made.alertmanager_id, True)
        assert abs(found.ends_at - made.ends_at) < timedelta(seconds=1)

        ended = await it.silencer.expire(made.id, ADA)
        assert isinstance(ended, Silence)
        assert ended.state is SilenceState.ENDED
        assert set((await states(program)).values()) == {"active"}
        over = await it.client.silence(made.alertmanager_id)
        assert isinstance(over, KnownSilence)
        assert not over.active
        assert await it.silencer.expire(made.id, ADA) == Problem("over", {"by": str(ADA)})


async def test_somebody_was_faster_in_alertmanager(tmp_path: Path) -> None:
    async with (
        firing(alert("Crash", namespace="shop", pod="a", starts=now())) as (program, taken),
        bench(program.url, tmp_path) as it,
    ):
        incident = await it.keep(heard(taken.groups[0], "i1"))
        made = await it.silence(incident, (await it.preview(incident)).matchers)
        assert await it.client.expire(made.alertmanager_id) is None
        narrow = (await it.preview(incident)).matchers
        anew = await it.silence(incident, narrow, key="another")
        assert anew.alertmanager_id != made.alertmanager_id, "one that is over there is made anew"
        assert await states(program) == {"a": "suppressed"}
        assert await it.client.expire(anew.alertmanager_id) is None
        assert await it.silencer.expire(anew.id, ADA) == Problem("over_elsewhere")
        gap = await it.client.expire("00000000-0000-0000-0000-000000000000")
        assert isinstance(gap, Unavailable)
        assert await it.client.silence("00000000-0000-0000-0000-000000000000") is None


def crash(pod: str, labels: Mapping[str, str]) -> dict[str, Any]:
    made = alert("Crash", namespace="shop", pod=pod, starts=now())
    return made | {"labels": {**made["labels"], **labels}}


async def test_values_that_hurt_hide_what_they_are_and_nothing_else(tmp_path: Path) -> None:
    """The twin differs in one character of each value in turn."""
    ours = crash("ours", NASTY)
    twins = [crash(f"not-{name}", NASTY | {name: NASTY[name][:-1] + "x"}) for name in NASTY]
    async with firing(ours, *twins) as (program, taken), bench(program.url, tmp_path) as it:
        (group,) = taken.groups
        alone = replace(group, alerts=tuple(one for one in group.alerts if one.labels["pod"] == "ours"))
        incident = await it.keep(heard(alone, "i1"))
        found = await it.preview(incident)
        assert {one.name: one.value for one in found.matchers}.items() >= NASTY.items()
        assert ([one.labels["pod"] for one in found.here], found.others, found.missed) == (["ours"], (), 0)
        without_pod = tuple(one for one in found.matchers if one.name != "pod")
        assert (await it.preview(incident, without_pod)).hidden == 1
        await it.silence(incident, without_pod)
        assert [pod for pod, state in (await states(program)).items() if state == "suppressed"] == ["ours"]


def two_receivers(url: str) -> dict[str, Any]:
    """Both hear of every alert, and their names mean something in a regular expression."""
    config = webhook_config(url)
    hooks = config["receivers"][0]["webhook_configs"]
    config["receivers"] = [{"name": name, "webhook_configs": hooks} for name in ("team.a+b", "on(call)")]
    config["route"] |= {
        "receiver": "team.a+b",
        "routes": [{"receiver": "team.a+b", "continue": True}, {"receiver": "on(call)"}],
    }
    return config


async def test_two_incidents_of_one_group_of_alerts(tmp_path: Path) -> None:
    began = now()
    crash = alert("Crash", namespace="shop", pod="web-0", starts=began)
    async with (
        firing(crash, config=two_receivers, bodies=2) as (program, taken),
        bench(program.url, tmp_path) as it,
    ):
        incidents = [
            await it.keep(heard(group, f"i{number}"))
            for number, group in enumerate(sorted(taken.groups, key=lambda group: group.receiver))
        ]
        names = [incident.receiver.replace("\\", "") for incident in incidents]
        assert names == ["on(call)", "team.a+b"]
        for incident, other in zip(incidents, reversed(names), strict=True):
            found = await it.preview(incident)
            assert (len(found.here), found.others, found.receivers) == (1, (), (other,))
        narrow = narrowest(incidents[0])
        assert not isinstance(narrow, Problem)
        await it.silence(incidents[0], narrow)
        seen = await it.preview(incidents[1])
        assert (seen.hidden, seen.silenced) == (1, 1), "hidden from both, and the other's preview says so"
        await it.silence(incidents[1], narrow, key="other")
        kept = [await it.store.get(incident.id) for incident in incidents]
        assert [len(one.silences) for one in kept if one] == [1, 1]


async def test_of_a_pair_one_address_is_enough(tmp_path: Path) -> None:
    async with receiver() as taken, alertmanager(webhook_config(taken.url), peers=2) as pair:
        crash = alert("Crash", namespace="shop", pod="web-0", starts=now())
        for one in pair:
            await one.post(crash)
        await wait_for(lambda: bool(taken.bodies), "the group", programs=pair)
        async with bench(pair[0].url, tmp_path) as it:
            incident = await it.keep(heard(taken.groups[0], "i1"))
            made = await it.silence(incident, (await it.preview(incident)).matchers)
        other = AlertmanagerClient(pair[1].url)
        async with asyncio.timeout(20):
            while not isinstance(await other.find(mark(made.id)), KnownSilence):  # noqa: ASYNC110 - another program is waited for
                await asyncio.sleep(0.05)
        await other.close()


async def test_what_alertmanager_refuses_is_told(tmp_path: Path) -> None:
    async with (
        firing(alert("Crash", namespace="shop", pod="a", starts=now())) as (program, taken),
        bench(program.url, tmp_path) as it,
    ):
        incident = await it.keep(heard(taken.groups[0], "i1"))
        order = Order(incident.id, (Matcher("pod", "=", ""),), now() + timedelta(hours=1), "", ADA, "k")
        done = await it.silencer.silence(order)
        assert isinstance(done, Problem)
        assert done.key == "not_taken"
        assert "must not match the empty string" in str(done.facts["why"])
        kept = await it.store.get("i1")
        assert kept is not None
        assert [one.state for one in kept.silences] == [SilenceState.FAILED]
