"""Charts on an incident's page: shown with what they say, served under their digest, and no way in for anything else."""

import re
from dataclasses import replace

from bot.model import Chart, Curve
from tests.delivery.builders import DIAGNOSIS, OOM, an_incident, diagnosed
from tests.fakes.reads import FakeReads
from tests.web.conftest import Artist, Client, Open, guarded, read

MEMORY = Chart(
    "memory", "bytes", (Curve("used", ((1767236000.0, 1.0), (1767236400.0, 2.0))),), {"limit": 2.0}
)
CHARTED = replace(DIAGNOSIS, findings=(replace(OOM, charts=(MEMORY,)), *DIAGNOSIS.findings[1:]))


async def source(client: Client) -> str:
    _, html = await read(client, "/incidents/i1")
    shown = re.search(
        r'<img src="(/incidents/i1/charts/[0-9a-f]{64}\.svg)" alt="used: 1 → 2; limit: 2"', html
    )
    assert shown is not None
    return shown[1]


async def test_a_chart_is_shown_and_served(client: Client, reads: FakeReads) -> None:
    reads.keep(diagnosed(an_incident(), CHARTED))

    async with client.get(await source(client)) as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "immutable" in answer.headers["Cache-Control"]
        assert await answer.text() == "<svg>memory svg</svg>"


async def test_a_chart_that_is_not_of_this_incident_is_not_there(client: Client, reads: FakeReads) -> None:
    reads.keep(diagnosed(an_incident(), CHARTED))

    for path in (f"/incidents/i1/charts/{'0' * 64}.svg", f"/incidents/other/charts/{'0' * 64}.svg"):
        assert (await read(client, path))[0] == 404


async def test_a_chart_that_cannot_be_drawn_says_so(client: Client, reads: FakeReads, artist: Artist) -> None:
    reads.keep(diagnosed(an_incident(), CHARTED))
    artist.broken = True

    status, text = await read(client, await source(client))

    assert status == 503
    assert "could not be drawn" in text


async def test_a_chart_is_as_guarded_as_its_page(opened: Open, reads: FakeReads) -> None:
    reads.keep(diagnosed(an_incident(), CHARTED))
    async with opened(guarded()) as client:
        assert (await read(client, f"/incidents/i1/charts/{'0' * 64}.svg"))[0] in {302, 303, 401}
