"""A diagnosis that somebody waits for, where Slack does not play along, or we do not."""

import asyncio
from dataclasses import replace

import pytest
import structlog

from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.chat.conftest import CHANNEL, USER, Bench, talking
from tests.delivery.builders import TARGET
from tests.fakes.slack import says
from tests.programs.running import wait_for

BLOG = replace(TARGET, namespace="blog")
GAP = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "deployments", detail="not allowed to list")


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
        assert bench.audit.notes == [(USER, "diagnose board-service", CHANNEL, "refused: busy")]
        bench.engine.gate.set()
        await bench.settled()
        assert len(bench.answers) == 2


async def test_who_asks_while_it_ends_is_told(bench: Bench) -> None:
    await bench.desk.close(0.01)

    assert (await bench.begin("help")).startswith("opsbot was stopped")
    await bench.settled()
    assert bench.audit.notes == [(USER, "help", CHANNEL, "refused: stopped")]
