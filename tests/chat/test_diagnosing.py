"""/ops diagnose through real signed requests: one answer to whoever should see it, whatever Slack and the cluster do."""

import asyncio
import time
from dataclasses import replace

import pytest
import structlog

from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.chat.conftest import CHANNEL, STEPS, USER, Bench, shown_in, talking
from tests.delivery.builders import DIAGNOSIS, OOM, TARGET, UNREADABLE
from tests.fakes.slack import HANGS, says
from tests.programs.running import wait_for

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


# -- when Slack does not play along


async def test_a_channel_without_the_bot_is_answered_by_the_response_url(bench: Bench) -> None:
    bench.slack.refuse(CHANNEL, "not_in_channel")
    await bench.ask("diagnose board-service here")

    assert all(answer.public for answer in bench.answers)
    assert bench.slack.tops("asked-in") == []
    assert "Confirmed" in "\n".join(answer.text for answer in bench.answers)
    assert 1 < len(bench.answers) <= 5


@pytest.mark.parametrize("uses", [0, 1])
async def test_a_used_up_response_url_gives_way_to_the_web_api(bench: Bench, uses: int) -> None:
    url = bench.slack.responses.make(uses=uses)
    await bench.ask("diagnose nothing-of-that-name", response_url=url)
    await bench.ask("diagnose nothing-of-that-name", response_url=url)

    assert len(bench.answers) == uses
    assert len(bench.slack.whispers) == 2 - uses
    assert bench.slack.whispers[-1].arguments["user"] == USER


async def test_after_half_an_hour_the_web_api_answers(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    await bench.begin("diagnose board-service")
    await asyncio.sleep(0.01)
    bench.clock.pass_by(1801)
    bench.engine.gate.set()
    await bench.settled()

    assert "Confirmed" in bench.slack.whispers[-1].text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/commands/1",
        "https://slack.com.evil.example/1",
        "https://evilslack.com/1",
        "https://hooks.slack.com@evil.example/1",
        "https://hooks.slack.com:8443/1",
        "http://hooks.slack.com/1",
        "file:///etc/passwd",
        "https://[",
    ],
)
async def test_a_response_url_of_somebody_else_is_never_called(bench: Bench, url: str) -> None:
    await bench.ask("help", response_url=url)

    assert bench.answers == []
    (whisper,) = bench.slack.whispers
    assert whisper.text.startswith("What you can ask")


async def test_who_cannot_be_reached_in_the_channel_is_told_in_person(bench: Bench) -> None:
    bench.slack.refuse(CHANNEL, "not_in_channel")
    await bench.ask("help", response_url="")

    (message,) = bench.slack.channels[bench.slack.channel_id(USER)]
    assert message.text.startswith("What you can ask")


async def test_a_final_answer_does_not_get_lost_with_its_edit(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    await bench.begin("diagnose board-service here")
    await wait_for(lambda: bool(bench.slack.tops("asked-in")), "word that it is under way")
    bench.slack.fail("chat.update", says("cant_update_message"), times=20)
    bench.engine.gate.set()
    await bench.settled()

    assert "Confirmed" in bench.slack.tops("asked-in")[-1].text


async def test_blocks_that_slack_refuses_become_plain_words(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", says("invalid_blocks"), times=1)
    await bench.ask("diagnose board-service here")

    assert bench.slack.tops("asked-in")[0].text != ""


# -- when we do not


async def test_a_defect_is_one_sentence_and_the_log_says_more(bench: Bench) -> None:
    bench.engine.error = RuntimeError("secret detail")
    with structlog.testing.capture_logs() as logs:
        await bench.ask("diagnose board-service")

    assert [entry["doing"] for entry in logs if entry["log_level"] == "error"] == ["command diagnose"]
    assert "because of a defect in opsbot" in bench.shown
    assert "secret detail" not in bench.shown
    assert bench.audit.notes[-1][-1] == "failed"


async def test_what_takes_too_long_is_given_up() -> None:
    async with talking(longest=0.05) as bench:
        bench.engine.found["default"] = (TARGET,)
        bench.engine.gate = asyncio.Event()
        await bench.ask("diagnose board-service")
        assert "took too long" in bench.shown


async def test_too_many_at_once_are_turned_away_in_the_acknowledgement() -> None:
    async with talking(places=2) as bench:
        bench.engine.found["default"] = (TARGET,)
        bench.engine.gate = asyncio.Event()
        said = [await bench.begin("diagnose board-service") for _ in range(3)]
        assert said[:2] == ["", ""]
        assert said[2].startswith("opsbot is answering too many questions at once.")
        bench.engine.gate.set()
        await bench.settled()
        assert len(bench.answers) == 2


async def test_who_still_waits_when_it_ends_is_told(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    await bench.begin("diagnose board-service")
    await asyncio.sleep(0.01)

    await bench.desk.close(0.01)

    assert bench.shown.startswith("opsbot was stopped before it had an answer.")
    assert bench.audit.notes[-1] == (USER, "diagnose board-service", CHANNEL, "failed")
    assert (await bench.begin("help")).startswith("opsbot was stopped")


async def test_what_is_nearly_done_may_end(bench: Bench) -> None:
    bench.engine.steps, bench.engine.step_seconds = STEPS[:1], 0.05
    await bench.begin("diagnose board-service")

    await bench.desk.close(1)

    assert "Confirmed" in bench.last.text
