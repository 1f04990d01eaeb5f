"""The first page says where a storm is on, and leads to its digest; on any other day it says nothing of storms."""

import pytest

from bot.delivery.digest import Storm
from bot.delivery.ledger import PartRow
from tests.delivery.builders import START
from tests.fakes.reads import FakeReads
from tests.web.conftest import Client, Open, read

STORM = Storm("storm-1", "#alerts <b>", START, START)


async def test_without_a_storm_nothing_is_said(client: Client) -> None:
    _, html = await read(client, "/")
    assert "storm" not in html.lower()


@pytest.mark.parametrize(("language", "title"), [("en", "Storm"), ("ko", "알림 폭주")])
async def test_a_storm_is_told_with_its_channel_and_digest(
    opened: Open, reads: FakeReads, language: str, title: str
) -> None:
    reads.stormy = (STORM,)
    reads.kept["storm-1"] = (
        PartRow("storm-1", "top", "C0123", "t", START, "1767237120.000001", "d"),
        PartRow("storm-1", "detail:0", "C0123", "t", START, "1767237120.000002", "d"),
    )
    async with opened(language=language) as client:
        status, html = await read(client, "/")
    assert status == 200
    assert f'<h2 id="storms-title">{title}</h2>' in html
    assert "#alerts &lt;b&gt;" in html
    assert 'href="https://slack.com/archives/C0123/p1767237120000001"' in html
    assert "p1767237120000002" not in html


async def test_before_its_digest_stands_there_is_no_link(client: Client, reads: FakeReads) -> None:
    reads.stormy = (STORM,)
    _, html = await read(client, "/")
    assert "storms-title" in html
    assert "slack.com/archives" not in html
