"""`opsbot audit`: beside a store that is open, as text and as JSON."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incidents.audit import Deed, Person, Via
from bot.incidents.store import Store, now_utc
from tests.commands.conftest import Ended, Opsbot

ADA = Person(Via.SLACK, "U1", "ada")
NOW = now_utc()
DEEDS = (
    Deed(NOW - timedelta(days=9), ADA, "diagnose", "shop/board", "C1", result="refused"),
    Deed(NOW - timedelta(hours=2), ADA, "silence", "i1 2h", "C1", "i1"),
    Deed(NOW, Person(Via.CONSOLE, "token 1a2b3c4d"), "recheck", incident_id="i1"),
)


@pytest.fixture
def kept(bare: Path) -> None:
    """What the configuration's default store holds."""
    asyncio.run(_keep(bare))


async def _keep(folder: Path) -> None:
    store = Store(f"sqlite:///{folder}/opsbot.db", replica="one")
    await store.open()
    for deed in DEEDS:
        await store.audit(deed)
    await store.close()


@pytest.mark.usefixtures("kept")
def test_as_text_the_newest_is_last(opsbot: Opsbot) -> None:
    ended = opsbot("audit")
    assert ended.code == 0
    first, second, third = ended.out.splitlines()
    assert first.endswith("refused  diagnose shop/board")
    assert "ada (slack C1)" in second
    assert second.endswith("done     silence i1 2h [incident i1]")
    assert third.endswith("token 1a2b3c4d (console)  done     recheck [incident i1]")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("words", "actions"),
    [
        (("--since", "7d"), ["recheck", "silence"]),
        (("--since", "90m"), ["recheck"]),
        (("--user", "ada"), ["silence", "diagnose"]),
        (("--user", "U1"), ["silence", "diagnose"]),
        (("--incident", "i1"), ["recheck", "silence"]),
        (("--limit", "1"), ["recheck"]),
        (("--user", "nobody"), []),
    ],
)
def test_as_json_what_was_asked_for(opsbot: Opsbot, words: tuple[str, ...], actions: list[str]) -> None:
    ended = opsbot("audit", "--output", "json", *words)
    assert ended.code == 0
    document = json.loads(ended.out)
    assert document["schema"] == 1
    assert [entry["action"] for entry in document["audit"]] == actions


@pytest.mark.usefixtures("kept")
def test_beside_a_server_that_holds_the_store(opsbot: Opsbot, bare: Path) -> None:
    async def held() -> Ended:
        store = Store(f"sqlite:///{bare}/opsbot.db", replica="one")
        await store.open()
        try:
            await store.audit(replace(DEEDS[2], action="later"))
            return await asyncio.to_thread(opsbot, "audit")
        finally:
            await store.close()

    ended = asyncio.run(held())
    assert (ended.code, ended.err) == (0, "")
    assert "later" in ended.out.splitlines()[-1]


@pytest.mark.usefixtures("kept")
def test_nothing_fits(opsbot: Opsbot) -> None:
    assert opsbot("audit", "--user", "nobody").out == "nothing that is remembered fits\n"


def test_without_a_store_it_makes_none(opsbot: Opsbot, bare: Path) -> None:
    ended = opsbot("audit")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("opsbot: there is no store at ")
    assert not (bare / "opsbot.db").exists()


@pytest.mark.parametrize("since", ["7", "forever", "until 09:00", "99999w"])
def test_a_span_that_makes_no_sense(opsbot: Opsbot, since: str) -> None:
    ended = opsbot("audit", "--since", since)
    assert ended.code == 2
    assert "is not a span of time such as 90m, 24h or 7d" in ended.err
    assert ended.err.count("\n") == 1
