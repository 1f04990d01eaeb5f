"""Two replicas on PostgreSQL: who hears what does not matter, and what a dead one left undone is done by the other."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot.demo.bodies import Draft
from tests.e2e.bots import post, process, words
from tests.fakes.slack import HANGS, HANGS_AFTER, FakeSlack
from tests.programs.alertmanager import alert, alertmanager, now, webhook_config
from tests.programs.postgres import Postgres
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

BEGAN = now() - timedelta(minutes=1)
TAKEOVER_SECONDS = 15.0
TWO_CHANNELS = """
delivery:
  hold: 1s
  default_channel: "#one"
  routes: [{match: ['namespace="two"'], channel: "#two"}]
"""


def draft(*, over: bool = False, namespace: str = "shop") -> Draft:
    labels = {"alertname": "Crash", "namespace": namespace, "pod": "web-0"}
    return Draft(labels, BEGAN, {"summary": "It crashes"}, now() if over else None)


async def test_one_hears_the_alert_and_the_other_its_end(tmp_path: Path, postgres: Postgres) -> None:
    """They start together on an empty database, so that both migrate it."""
    with postgres.fresh() as store:
        async with FakeSlack().running() as slack:
            first, second = (process(tmp_path, slack, store=store, replica=name) for name in ("a", "b"))
            try:
                await asyncio.gather(first.start(), second.start())
                await post(first.url, draft())
                await wait_for(lambda: len(slack.tops()) == 1, "a message")
                await post(second.url, draft(over=True))
                await wait_for(lambda: slack.tops()[0].text.startswith("🟢 Resolved"), "its end")
            finally:
                await asyncio.gather(first.kill(), second.kill())
            (top,) = slack.tops()
    assert top.edits[0].startswith("🔴 Firing")


async def test_what_a_replica_was_doing_when_it_died_for_ever_is_taken_over(
    tmp_path: Path, postgres: Postgres
) -> None:
    """Of its two posts that Slack left unanswered one had arrived: that is not posted again, the other one is."""
    with postgres.fresh("migrated") as store:
        async with FakeSlack().running() as slack:
            doomed, heir = (
                process(tmp_path, slack, store=store, replica=name, config=TWO_CHANNELS)
                for name in ("doomed", "heir")
            )
            slack.fail("chat.postMessage", HANGS)
            slack.fail("chat.postMessage", HANGS_AFTER)
            try:
                await doomed.start()
                await post(doomed.url, draft(namespace="one"))
                await post(doomed.url, draft(namespace="two"))
                await wait_for(lambda: slack.calls.count("chat.postMessage") == 2, "two posts under way")
                await heir.start()
                assert [len(slack.tops(name)) for name in ("one", "two")].count(1) == 1
                assert slack.calls.count("chat.postMessage") == 2, "the heir posted what the doomed one does"
                await doomed.kill()
                await wait_for(
                    lambda: all(len(slack.tops(name)) == 1 for name in ("one", "two")),
                    "both are taken over",
                    seconds=TAKEOVER_SECONDS,
                )
                # The end comes to who is left, and finds each message where it is.
                await post(heir.url, draft(namespace="one", over=True))
                await post(heir.url, draft(namespace="two", over=True))
                await wait_for(
                    lambda: all(slack.tops(name)[0].text.startswith("🟢") for name in ("one", "two")),
                    "both end",
                )
            finally:
                await asyncio.gather(doomed.kill(), heir.kill())
            assert [len(slack.tops(name)) for name in ("one", "two")] == [1, 1]


async def test_a_store_that_is_down_makes_alertmanager_try_again(tmp_path: Path, postgres: Postgres) -> None:
    with postgres.fresh("migrated") as store:
        async with FakeSlack().running() as slack, process(tmp_path, slack, store=store).running() as bot:
            async with alertmanager(webhook_config(bot.webhook, token=TOKEN)) as (manager,):
                with closed_to_all(postgres, store):
                    await manager.post(alert("Crash", namespace="shop", pod="web-0", starts=BEGAN))
                    await wait_for(
                        lambda: "status code 503" in manager.written, "a 503 is logged", programs=[manager]
                    )
                    assert not slack.tops()
                await wait_for(lambda: len(slack.tops()) == 1, "a message after all", programs=[manager])
            assert "1 firing" in words(*slack.tops())


@contextmanager
def closed_to_all(postgres: Postgres, store: str) -> Iterator[None]:
    """Nobody gets a connection to this database, and who has one loses it."""
    name = store.rpartition("/")[2]
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
