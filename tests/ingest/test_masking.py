"""No secret of an alert is kept; what is no secret, and who the alert is, stays."""

import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clients.redaction import redact_member
from bot.clients.redaction_rules import MARK
from bot.ingest.alertmanager import parse
from bot.ingest.masking import Remembering, body_of, masked
from bot.ingest.webhook import WebhookOptions
from bot.model import AlertGroup
from tests.ingest.bodies import SAMPLES, a_body
from tests.ingest.conftest import running

SECRET = "hunter2-Tq9"
URL = f"postgres://board:{SECRET}@db.shop:5432/board"
BEARER = {"Authorization": "Bearer token"}
of_samples = pytest.mark.parametrize("sample", SAMPLES, ids=[path.stem for path in SAMPLES])


def group(body: dict[str, Any]) -> AlertGroup:
    return parse(json.dumps(body).encode())


def quoting(labels: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    body = a_body()
    body["alerts"][0]["labels"] |= labels or {}
    body["alerts"][0]["annotations"] |= annotations
    return body


def without_fingerprint() -> dict[str, Any]:
    body = quoting({"password": SECRET})
    del body["alerts"][0]["fingerprint"]
    return body


@of_samples
def test_what_a_real_alertmanager_sent_stays_as_it_is(sample: Path) -> None:
    sent = parse(sample.read_bytes())
    assert masked(sent, redact_member) == sent
    assert parse(body_of(sent)) == sent


@pytest.mark.parametrize(
    "body",
    [
        quoting(description=f"cannot reach {URL}"),
        quoting(dsn=URL),
        quoting(db_password=SECRET),
        quoting({"password": SECRET}),
        quoting({"endpoint": URL}),
        quoting({"client_secret": SECRET}),
        a_body(commonAnnotations={"summary": f"password={SECRET}"}),
        a_body(commonLabels={"api_key": SECRET}),
        a_body(groupLabels={"api_key": SECRET}),
        a_body(groupKey=f'{{}}:{{password="{SECRET}"}}'),
        a_body(externalURL=f"http://ops:{SECRET}@alertmanager:9093"),
        a_body(alerts=[a_body()["alerts"][0] | {"generatorURL": f"http://ops:{SECRET}@prom:9090/graph"}]),
        without_fingerprint(),
    ],
)
def test_a_secret_goes_wherever_it_stands(body: dict[str, Any]) -> None:
    sent = group(body)
    kept = masked(sent, redact_member)
    assert SECRET in repr(sent)
    assert SECRET not in repr(kept)
    assert MARK in repr(kept)
    assert [alert.fingerprint for alert in kept.alerts] == [alert.fingerprint for alert in sent.alerts]
    assert parse(body_of(kept)) == kept


def test_groups_that_differ_in_a_secret_stay_apart() -> None:
    keys = [f'{{}}:{{password="{word}"}}' for word in ("one-1", "two-2")]
    kept = [masked(group(a_body(groupKey=key)), redact_member).group_key for key in keys]
    assert kept[0] != kept[1]
    assert masked(group(a_body(groupKey=keys[0])), redact_member).group_key == kept[0]


def test_what_is_alike_is_masked_once() -> None:
    asked: list[tuple[str, str]] = []
    sent = group(a_body())
    many = replace(sent, alerts=sent.alerts * 500)

    def mask(name: str, value: str) -> str:
        asked.append((name, value))
        return value

    masked(many, mask)
    assert len(asked) == len(set(asked)) < 12


def test_what_holds_no_secret_is_remembered_for_a_while() -> None:
    asked: list[str] = []

    def mask(_name: str, value: str) -> str:
        asked.append(value)
        return value.replace(SECRET, MARK)

    remembering = Remembering(mask, most=2)
    said = [remembering("summary", value) for value in ("a", SECRET, "x" * 300) * 2]
    assert said == ["a", MARK, "x" * 300] * 2
    assert asked == ["a", SECRET, "x" * 300, SECRET, "x" * 300]
    assert [remembering(name, "a") for name in ("b", "c", "c")] == ["a"] * 3
    assert asked[5:] == ["a", "a"], "under another name it may be one"


async def test_the_job_that_is_kept_holds_none() -> None:
    body = json.dumps(quoting(description=f"cannot reach {URL}")).encode()
    async with running(options=WebhookOptions(mask=redact_member)) as bench:
        async with bench.client.post(bench.webhook, data=body, headers=BEARER) as response:
            assert response.status == 200
        (job,) = bench.work.jobs
    kept = zlib.decompress(job.payload)
    assert SECRET.encode() not in kept
    assert parse(kept) == masked(parse(body), redact_member)
