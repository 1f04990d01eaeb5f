"""The form, the preview and the silence, over a real store and an Alertmanager that is a dictionary."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from bot.incidents.audit import Person
from bot.model import AlertStatus, Reason
from bot.silence import SilenceState
from tests.delivery.builders import START, an_incident
from tests.fakes.alertmanager import UNSENT, gap
from tests.fakes.reads import FakeReads
from tests.web.conftest import TOKEN, Client, Clock, Open, guarded, read
from tests.web.silencing_bench import OURS, Bench, known, silencing

PATH = "/incidents/i1/silence"
HOSTILE = "<script>alert(1)</script>\"' \u202egnp"


@pytest.fixture
async def bench(reads: FakeReads, clock: Clock, tmp_path: Path) -> AsyncIterator[Bench]:
    async with silencing(reads, clock, tmp_path) as bench:
        yield bench


def field_of(page: str, name: str) -> str:
    area = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    value = area or re.search(rf'name="{name}" value="([^"]*)"', page)
    assert value is not None, name
    return unescape(value[1])


async def send(client: Client, do: str, path: str = PATH, **fields: str) -> tuple[int, str, str]:
    async with client.post(path, data={"do": do, **fields}, allow_redirects=False) as response:
        return response.status, await response.text(), response.headers.get("Location", "")


async def filled(client: Client, **changes: str) -> dict[str, str]:
    _, page = await read(client, PATH)
    return {name: field_of(page, name) for name in ("matchers", "span", "why", "key")} | changes


class TestForm:
    async def test_the_incident_offers_it_where_there_is_an_alertmanager(
        self, bench: Bench, client: Client
    ) -> None:
        assert f'href="{PATH}"' in (await read(client, "/incidents/i1"))[1]

    async def test_without_one_or_without_firing_alerts_it_does_not(
        self, bench: Bench, client: Client, opened: Open
    ) -> None:
        over = replace(OURS, status=AlertStatus.RESOLVED, ends_at=START)
        bench.reads.keep(replace(bench.reads.found["i1"], alerts=(over,)))
        assert PATH not in (await read(client, "/incidents/i1"))[1]
        bench.reads.keep(replace(bench.reads.found["i1"], alerts=(OURS,), cluster="other"))
        assert PATH not in (await read(client, "/incidents/i1"))[1]

    async def test_it_suggests_the_narrowest_and_says_what_that_hides(
        self, bench: Bench, client: Client
    ) -> None:
        status, page = await read(client, PATH)
        assert status == 200
        assert field_of(page, "matchers").splitlines() == [
            f'{name}="{OURS.labels[name]}"' for name in sorted(OURS.labels)
        ]
        assert field_of(page, "span") == "2h"
        for said in ("Hides 1 alert that fires now", "1 of this incident", "0 of others", "pager", "05:12"):
            assert said in unescape(page), said
        assert "data-poll" not in page, "a form that somebody fills in does not change under them"
        assert await bench.silences() == ()

    async def test_the_preview_names_the_surprise(self, bench: Bench, client: Client) -> None:
        fields = await filled(client, matchers='severity="critical"', span="1d", why="deploy")
        status, page, _ = await send(client, "preview", **fields)
        assert status == 200
        assert "Hides 2 alerts that fire now" in page
        assert "1 of others" in page
        assert "namespace=billing" in page
        assert (field_of(page, "span"), field_of(page, "why")) == ("1d", "deploy")
        assert field_of(page, "key") == fields["key"]
        assert await bench.silences() == ()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"span": "forever"}, "forever cannot be understood"),
            ({"span": "2d"}, "lasts 1 d at most"),
            ({"matchers": ""}, "at least one matcher"),
            ({"matchers": "everything"}, "everything is not a matcher."),
            ({"matchers": 'pod=~".*"'}, "would silence everything"),
        ],
    )
    @pytest.mark.parametrize("do", ["preview", "silence"])
    async def test_what_is_wrong_is_said_and_nothing_is_lost(
        self, bench: Bench, client: Client, changes: dict[str, str], said: str, do: str
    ) -> None:
        fields = await filled(client, why="deploy", **changes)
        status, page, _ = await send(client, do, **fields)
        assert status == 409
        assert said in unescape(page)
        assert field_of(page, "why") == "deploy"
        assert 'value="silence"' not in page
        assert bench.alertmanager.made == {}

    async def test_an_alertmanager_that_is_away(self, bench: Bench, client: Client) -> None:
        bench.alertmanager.away = gap(Reason.FORBIDDEN, "HTTP 401")
        status, page = await read(client, PATH)
        assert status == 200
        assert "(not allowed): HTTP 401. Nothing was changed." in page

    async def test_what_people_and_alerts_say_comes_out_inert(self, bench: Bench, client: Client) -> None:
        hostile = replace(OURS, labels={**OURS.labels, "pod": HOSTILE})
        bench.alertmanager.firing = [known(hostile, HOSTILE)]
        bench.reads.keep(replace(bench.reads.found["i1"], alerts=(hostile,)))
        _, first = await read(client, PATH)
        _, second, _ = await send(
            client, "preview", matchers='severity="critical"', span=HOSTILE, why=HOSTILE
        )
        _, third, _ = await send(client, "preview", matchers='severity="critical"', span="2h", why=HOSTILE)
        for page in (first, second, third):
            assert "<script>alert" not in page
            assert "\u202e" not in page

    @pytest.mark.parametrize("language", ["en", "ko"])
    async def test_both_languages(self, bench: Bench, opened: Open, language: str) -> None:
        async with opened(language=language) as client:
            _, page = await read(client, PATH)
            assert f'<html lang="{language}"' in page
            assert {"en": "Silence in Alertmanager", "ko": "Alertmanager 사일런스"}[language] in page


class TestMaking:
    async def test_it_is_made_and_shown(self, bench: Bench, client: Client) -> None:
        status, _, to = await send(client, "silence", **await filled(client, why="deploy"))
        assert (status, to) == (303, "/incidents/i1#silences")
        (silence,) = await bench.silences()
        assert (silence.by, silence.said, silence.state) == ("this machine", "deploy", SilenceState.ACTIVE)
        assert silence.ends_at == START + timedelta(hours=2)
        await bench.refresh()
        _, page = await read(client, "/incidents/i1")
        assert "Silenced by this machine until" in page
        assert f"/silences/{silence.id}/expire" in page
        _, body = await read(client, "/api/incidents/i1")
        assert f'"id": "{silence.id}", "state": "active"' in body

    async def test_pressed_twice_it_is_one_and_the_next_form_another(
        self, bench: Bench, client: Client, clock: Clock
    ) -> None:
        fields = await filled(client)
        for _ in range(2):
            clock.now += timedelta(seconds=20)
            assert (await send(client, "silence", **fields))[0] == 303
        assert len(bench.alertmanager.made) == 1
        fields = await filled(client, span="5h")
        assert (await send(client, "silence", **fields))[0] == 303
        assert len(bench.alertmanager.made) == 2

    async def test_what_did_not_work_is_said(self, bench: Bench, client: Client) -> None:
        fields = await filled(client, why="deploy")
        bench.alertmanager.away = UNSENT
        status, page, _ = await send(client, "silence", **fields)
        assert status == 409
        assert "Nothing was changed." in page
        assert field_of(page, "why") == "deploy"

    async def test_it_is_ended_from_its_incident_alone(self, bench: Bench, client: Client) -> None:
        await send(client, "silence", **await filled(client))
        (silence,) = await bench.silences()
        await bench.refresh()
        bench.reads.keep(replace(an_incident(), id="i2"))
        assert (await send(client, "", f"/incidents/i2/silences/{silence.id}/expire"))[0] == 404
        assert (await send(client, "", "/incidents/i1/silences/none/expire"))[0] == 404
        status, _, to = await send(client, "", f"/incidents/i1/silences/{silence.id}/expire")
        assert (status, to) == (303, "/incidents/i1")
        assert bench.alertmanager.active == []
        assert (await bench.silences())[0].ended_by == "this machine"
        status, page, _ = await send(client, "", f"/incidents/i1/silences/{silence.id}/expire")
        assert status == 409
        assert "over already" in page

    async def test_an_unknown_incident(self, bench: Bench, client: Client) -> None:
        for path in ("/incidents/none/silence", f"/incidents/{'x' * 999}/silence"):
            assert (await read(client, path))[0] == 404
            assert (await send(client, "silence", path))[0] == 404


class TestGuards:
    @pytest.mark.parametrize("path", [PATH, "/incidents/i1/silences/s1/expire"])
    async def test_a_form_of_another_site_is_not_taken(self, bench: Bench, client: Client, path: str) -> None:
        fields = {"do": "silence", "matchers": 'pod="a"', "span": "2h"}
        async with client.post(path, data=fields, headers={"Sec-Fetch-Site": "cross-site"}) as response:
            assert response.status == 403
        async with client.post(path, data=fields, headers={"Origin": "https://evil.example"}) as response:
            assert response.status == 403
        assert bench.alertmanager.made == {}

    @pytest.mark.parametrize("path", [PATH, "/incidents/i1/silences/s1/expire"])
    async def test_nobody_silences_without_a_login(self, bench: Bench, opened: Open, path: str) -> None:
        async with opened(guarded()) as client:
            fields = {"do": "silence", "matchers": 'pod="a"', "span": "2h"}
            async with client.post(path, data=fields, allow_redirects=False) as response:
                assert (response.status, response.headers["Location"][:6]) == (303, "/login")
            assert bench.alertmanager.made == {}
            login = {"Authorization": f"Bearer {TOKEN}"}
            async with client.post(PATH, data=fields, headers=login, allow_redirects=False) as response:
                assert response.status == 303
        assert len(bench.alertmanager.made) == 1

    @pytest.mark.parametrize(
        "body", [b"", b"matchers=" + b"x" * 70_000, b"&".join([b"a=b"] * 50), b"\xff\x00"]
    )
    async def test_what_is_no_form_of_ours_makes_nothing(
        self, bench: Bench, client: Client, body: bytes
    ) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for headers in (form, {"Content-Type": "application/json"}):
            async with client.post(PATH, data=body, headers=headers, allow_redirects=False) as response:
                assert response.status == 409
        assert bench.alertmanager.made == {}


async def test_it_is_written_down_who_did_it(bench: Bench, opened: Open) -> None:
    async with opened(guarded(trusted_header="X-User")) as client:
        fields = {"do": "silence", "matchers": 'pod="a"', "span": "2h", "why": "deploy"}
        async with client.post(
            PATH, data=fields, headers={"X-User": "ada"}, allow_redirects=False
        ) as response:
            assert response.status == 303
    (deed,) = await bench.store.deeds()
    assert deed.person == Person(deed.person.via, "ada")
    assert (deed.action, deed.incident_id, deed.result) == ("silence", "i1", "done")
    assert deed.arguments == 'until 2026-01-01T05:12+00:00 pod="a" deploy'
