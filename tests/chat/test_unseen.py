"""In a channel that does not see everything, what is hidden from it and what is not there look the same."""

import pytest

from bot.chat.ports import EVERYWHERE
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.chat.conftest import Bench, talking
from tests.delivery.builders import TARGET

DOWN = Unavailable(Source.KUBERNETES, Reason.TIMEOUT, "list", "deployments")


@pytest.mark.parametrize(
    "text", ["diagnose board-service", "diagnose shop/board-service", "diagnose node/n1"]
)
async def test_hidden_and_not_there_are_answered_alike(bench: Bench, text: str) -> None:
    bench.access.closed = {"shop", EVERYWHERE}
    bench.engine.found["default"] = (TARGET,)
    await bench.ask(text)
    hidden = (bench.shown, bench.audit.notes[-1][-1])
    bench.engine.found["default"] = ()
    await bench.ask(text)
    assert (bench.shown, bench.audit.notes[-1][-1]) == hidden
    assert hidden[1] == "refused"
    assert "shop" not in hidden[0]
    assert bench.engine.diagnosed == []


async def test_where_everything_is_seen_what_is_not_there_is_told_with_the_nearest_names(
    bench: Bench,
) -> None:
    bench.engine.found["default"] = ()
    await bench.ask("diagnose board-servise")
    assert bench.audit.notes[-1][-1] == "unclear"


async def test_within_a_namespace_that_the_channel_sees_a_typo_is_helped(bench: Bench) -> None:
    bench.access.closed = {EVERYWHERE}
    bench.engine.found["default"] = ()
    await bench.ask("diagnose shop/board-servise")

    assert bench.audit.notes[-1][-1] == "unclear"
    assert "no permission" not in bench.shown.lower()


async def test_a_cluster_that_could_not_be_asked_is_told_beside_the_answer() -> None:
    async with talking(clusters=("prod", "Stage")) as bench:
        bench.engine.found = {"prod": (TARGET,), "Stage": DOWN}
        await bench.ask("diagnose board-service")
        told = "\n".join(answer.text for answer in bench.answers)

    assert "Confirmed" in told
    assert "board-service may be there too" in told
    assert "Stage" in told


async def test_a_cluster_is_named_in_any_case() -> None:
    async with talking(clusters=("prod", "Stage")) as bench:
        bench.engine.found = {"Stage": (TARGET,)}
        await bench.ask("diagnose stage:shop/board-service")

        assert bench.engine.looked == ["Stage"]
