"""/ops diagnose through real signed requests: one answer to whoever should see it, whatever Slack and the cluster do."""

import asyncio
import time
from dataclasses import replace

import pytest

from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.chat.conftest import CHANNEL, STEPS, USER, Bench, shown_in, talking
from tests.delivery.builders import DIAGNOSIS, OOM, TARGET, UNREADABLE
from tests.fakes.slack import HANGS

BLOG = replace(TARGET, namespace="blog")
GAP = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "deployments", detail="not allowed to list")


async def test_the_answer_is_one_message_for_the_asker_alone(bench: Bench) -> None:
    assert await bench.ask("diagnose board-service") == ""

    (answer,) = bench.answers
    assert (answer.public, answer.replaces) == (False, False)
    assert answer.text.startswith("shop/Deployment/board-service\n● Confirmed: ")
    assert "Findings: shop/Deployment/board-service" in bench.shown
    assert bench.slack.calls == []
    assert bench.audit.notes == [(USER, "diagnose board-service", CHANNEL, "done")]


async def test_in_the_channel_progress_is_one_message_that_is_edited(bench: Bench) -> None:
    bench.engine.steps, bench.engine.step_seconds = STEPS, 0.03
    await bench.ask("diagnose board-service --in-channel")

    (top,) = bench.slack.tops("asked-in")
    assert top.text.startswith("shop/Deployment/board-service\n● Confirmed: ")
    assert any("3 of 7, waiting for Kubernetes" in edit for edit in top.edits)
    assert len(top.edits) == len(set(top.edits))
    thread = bench.slack.live("asked-in", thread=top.ts)
    assert thread[0].text.startswith("Findings: shop/Deployment/board-service")
    assert bench.answers == []


async def test_a_slow_answer_is_announced_once_and_never_streamed() -> None:
    """The response_url of a slash command cannot edit: every further word would be a further message."""
    async with talking(patience=0.02) as slow:
        slow.engine.found["default"] = (TARGET,)
        slow.engine.steps, slow.engine.step_seconds = STEPS, 0.06
        await slow.ask("diagnose board-service")

        waiting, answer = slow.answers
    assert waiting.text.startswith("Looking ")
    assert answer.replaces
    assert "Confirmed" in answer.text


async def test_the_acknowledgement_waits_neither_for_the_cluster_nor_for_slack(bench: Bench) -> None:
    for method in ("auth.test", "chat.postMessage", "chat.postEphemeral"):
        bench.slack.fail(method, HANGS)
    bench.engine.gate = asyncio.Event()
    began = time.perf_counter()

    assert await bench.begin("diagnose board-service --in-channel") == ""

    assert time.perf_counter() - began < 0.5
    assert bench.answers == []
    assert "auth.test" not in bench.slack.calls


async def test_several_ask_which_and_the_button_runs_it(bench: Bench) -> None:
    bench.engine.found["default"] = (TARGET, BLOG)
    await bench.ask("diagnose board-service")
    assert bench.engine.diagnosed == []
    assert "board-service is 2 things. Which one?" in bench.shown
    _, buttons = bench.last.blocks
    assert [button["text"]["text"] for button in buttons["elements"]] == [str(BLOG), str(TARGET)]

    bench.engine.found["default"] = (BLOG,)
    await bench.press(buttons, 0)

    assert bench.engine.diagnosed == [BLOG]
    assert bench.last.replaces
    assert not bench.last.public
    assert "Confirmed" in bench.last.text
    assert bench.audit.notes[-1] == (USER, "diagnose default:blog/deployment/board-service", CHANNEL, "done")


async def test_which_one_is_asked_in_private_and_answered_in_the_channel(bench: Bench) -> None:
    bench.engine.found["default"] = (TARGET, BLOG)
    await bench.ask("diagnose board-service here")
    assert not bench.last.public
    assert bench.slack.tops("asked-in") == []

    bench.engine.found["default"] = (BLOG,)
    await bench.press(bench.last.blocks[1], 0)

    (top,) = bench.slack.tops("asked-in")
    assert "Confirmed" in top.text


async def test_very_many_are_a_short_list(bench: Bench) -> None:
    bench.engine.found["default"] = tuple(replace(TARGET, namespace=f"n{i}") for i in range(30))
    await bench.ask("diagnose board-service")

    assert len(bench.last.blocks[1]["elements"]) == 10
    assert "20 more" in bench.shown


async def test_none_says_where_it_looked_and_what_is_near(bench: Bench) -> None:
    bench.engine.found["default"] = (replace(TARGET, name="board-services"),)
    await bench.ask("diagnose board-service")

    assert "Nothing is called board-service in any namespace of default." in bench.shown
    assert "/ops diagnose default:shop/deployment/board-services" in bench.shown
    assert bench.audit.notes[-1][-1] == "unclear"

    bench.engine.found["default"] = ()
    await bench.ask("diagnose shop/sts/board", command="/our-ops")
    assert "Nothing is called StatefulSet board in namespace shop of default." in bench.shown
    assert "No name comes close" in bench.shown


async def test_a_cluster_that_cannot_be_asked_is_told_as_such(bench: Bench) -> None:
    bench.engine.found["default"] = GAP
    await bench.ask("diagnose board-service")

    assert "Could not look for board-service." in bench.shown
    assert "default: not allowed (not allowed to list)" in bench.shown
    assert bench.audit.notes[-1][-1] == "failed"


async def test_all_clusters_are_looked_at_unless_one_is_named() -> None:
    async with talking(clusters=("prod", "stage")) as bench:
        bench.engine.found = {"prod": (), "stage": (replace(TARGET, cluster="stage"),)}
        await bench.ask("diagnose board-service")
        assert bench.engine.looked == ["prod", "stage"]
        assert bench.engine.diagnosed == [replace(TARGET, cluster="stage")]

        await bench.ask("diagnose prod:board-service")
        assert bench.engine.looked[2:] == ["prod"]
        assert "of prod." in bench.shown

        await bench.ask("diagnose nowhere:board-service")
        assert bench.shown.startswith(
            "There is no cluster nowhere in the configuration; there is: prod, stage."
        )


@pytest.mark.parametrize("text", ["diagnose board-service", "diagnose board-service here"])
async def test_what_a_channel_may_not_see_is_neither_looked_at_nor_named(bench: Bench, text: str) -> None:
    bench.access.closed = {"shop"}
    await bench.ask(text)

    assert bench.engine.diagnosed == []
    assert bench.shown.startswith("You may not do that here.")
    assert not bench.last.public
    assert bench.audit.notes[-1][-1] == "refused"

    bench.engine.found["default"] = (TARGET, BLOG)
    await bench.ask(text)
    assert bench.engine.diagnosed == [BLOG]

    bench.engine.found["default"] = (replace(TARGET, name="board-services"),)
    await bench.ask("diagnose board-service")
    assert "board-services" not in bench.shown


async def test_a_namespace_that_is_named_is_refused_before_anybody_looks(bench: Bench) -> None:
    bench.access.closed = {"shop"}
    await bench.ask("diagnose shop/board-service")

    assert bench.engine.looked == []
    assert bench.access.asked == [(USER, CHANNEL, "diagnose", "shop")]


async def test_a_blind_diagnosis_says_so(bench: Bench) -> None:
    bench.engine.diagnosis = replace(DIAGNOSIS, findings=(UNREADABLE,))
    await bench.ask("diagnose board-service")
    assert "Could not look: every look-up failed." in bench.shown

    bench.engine.diagnosis = replace(DIAGNOSIS, findings=())
    await bench.ask("diagnose board-service")
    assert "Looked, and found no known cause." in bench.shown


async def test_hostile_names_come_out_inert(bench: Bench) -> None:
    facts = {**OOM.facts, "container": "<!channel> <@U1> *x* <http://evil|good>"}
    bench.engine.diagnosis = replace(DIAGNOSIS, findings=(replace(OOM, facts=facts),))
    await bench.ask("diagnose board-service here")

    (top,) = bench.slack.tops("asked-in")
    assert "&lt;!channel&gt;" in "\n".join(shown_in({"text": top.text, "blocks": top.blocks}))
    assert bench.slack.pinged == 0
