"""In a channel that does not see everything, what is hidden from it and what is not there look the same."""

import pytest

from bot.chat.ports import EVERYWHERE
from tests.chat.conftest import Bench
from tests.delivery.builders import TARGET


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
