"""Layouts: golden messages in every language, links, what is told of many, and layouts that are broken."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.message import Part
from bot.delivery.render import Layouts
from bot.model import (
    Alert,
    IncidentState,
)
from bot.observe import REGISTRY
from tests.delivery.builders import (
    CHANGE,
    DIAGNOSIS,
    OOM,
    RECHECK,
    RULED_OUT,
    SHARED_DIAGNOSIS,
    START,
    UNREADABLE,
    an_alert,
    an_incident,
    diagnosed,
    following,
    leading,
)
from tests.delivery.conftest import layouts_in, words_in
from tests.delivery.golden import check
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.slack_limits import pings, refused

BLIND = replace(
    DIAGNOSIS, findings=(UNREADABLE,), changes=(), gaps=(UNREADABLE.missing,) if UNREADABLE.missing else ()
)
NOTHING = replace(DIAGNOSIS, findings=(RULED_OUT,), changes=())

INCIDENTS = {
    "firing-diagnosing": an_incident(),
    "firing-diagnosed": diagnosed(an_incident(alerts=12), DIAGNOSIS),
    "firing-blind": diagnosed(an_incident(alerts=1), BLIND),
    "firing-nothing-found": diagnosed(an_incident(alerts=1), NOTHING),
    "firing-no-target": diagnosed(an_incident()),
    "firing-truncated-flapping": replace(an_incident(), truncated=3, reopened=2),
    "resolved": diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS),
    "stale": diagnosed(an_incident(IncidentState.STALE), DIAGNOSIS),
    "firing-leading": leading(diagnosed(an_incident(), SHARED_DIAGNOSIS), 7),
    "firing-following": following(diagnosed(an_incident(), SHARED_DIAGNOSIS)),
    "resolved-rechecked": replace(
        diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS), rechecks=(RECHECK,)
    ),
}


def assert_slack_takes(parts: tuple[Part, ...]) -> None:
    for part in parts:
        arguments = {"text": part.message.text, "blocks": list(part.message.blocks)}
        assert refused(arguments, update=True) == ""
        assert not pings(arguments)


@pytest.mark.parametrize("name", INCIDENTS)
def test_messages_are_as_they_were(language: str, name: str) -> None:
    parts = layouts_in(language).parts(INCIDENTS[name])
    assert_slack_takes(parts)
    shown = {part.name: {"text": part.message.text, "blocks": part.message.blocks} for part in parts}
    check(f"slack-{name}-{language}.json", json.dumps(shown, ensure_ascii=False, indent=1) + "\n")


def test_a_diagnosis_by_hand_is_as_it_was(language: str) -> None:
    layouts = layouts_in(language)
    check(f"diagnosis-{language}.txt", layouts.text(DIAGNOSIS))
    check(f"diagnosis-{language}.md", layouts.markdown(DIAGNOSIS))
    check(
        f"diagnosis-{language}.json",
        json.dumps(layouts.to_json(DIAGNOSIS), ensure_ascii=False, indent=1) + "\n",
    )


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (IncidentState.FIRING, "🔴 Firing"),
        (IncidentState.RESOLVED, "🟢 Resolved"),
        (IncidentState.STALE, "⚪ Stale"),
    ],
)
def test_the_first_line_begins_with_the_state_in_every_language(
    language: str, state: IncidentState, mark: str
) -> None:
    top = layouts_in(language).parts(an_incident(state))[0].message
    assert top.text.startswith(f"{mark} · critical · KubePodCrashLooping")
    assert top.blocks[0]["text"]["text"].startswith(f"{mark} · critical · KubePodCrashLooping")


def test_the_same_incident_gives_the_same_digest(layouts: Layouts) -> None:
    digests = {layouts.parts(INCIDENTS["resolved"])[0].message.digest for _ in range(3)}
    assert len(digests) == 1
    later = replace(
        INCIDENTS["resolved"], diagnoses=(replace(DIAGNOSIS, took_ms=9, at=START + timedelta(1)),)
    )
    assert layouts.parts(later)[0].message.digest in digests, "when it was looked at is no reason for an edit"


def test_no_message_has_a_button(layouts: Layouts) -> None:
    for incident in INCIDENTS.values():
        kinds = {block["type"] for part in layouts.parts(incident) for block in part.message.blocks}
        assert kinds <= {"header", "section", "context", "divider"}


def test_commands_paste_cleanly(layouts: Layouts) -> None:
    blocks = layouts.parts(INCIDENTS["firing-diagnosed"])[1].message.blocks
    fences = [b["text"]["text"] for b in blocks if b["type"] == "section" and b["text"]["type"] == "mrkdwn"]
    command = "kubectl --namespace=shop set resources deployment/board-service --limits=memory=1Gi"
    assert f"```\n{command}\n```" in fences


def test_a_finding_says_what_it_could_not_see_and_the_grant(layouts: Layouts) -> None:
    """A cause can be confirmed although one of its looks was refused."""
    half_seen = replace(DIAGNOSIS, findings=(replace(OOM, missing=UNREADABLE.missing),), gaps=())
    blocks = json.dumps(layouts.blocks(half_seen))
    for shown in (layouts.text(half_seen), layouts.markdown(half_seen).replace("\\", ""), blocks):
        assert "Not checked: Kubernetes, get pods/log in shop: not allowed" in shown
        assert shown.count("kind: Role") == 1


def test_without_a_console_there_is_no_link_to_it() -> None:
    parts = CheckedLayouts(words_in("en")).parts(an_incident())
    assert "Console" not in json.dumps([part.message.blocks for part in parts])


def test_links_that_are_not_http_are_left_out(layouts: Layouts) -> None:
    alert = replace(
        an_alert(),
        generator_url="javascript:alert(1)",
        annotations={"summary": "s", "runbook_url": "https://evil.example/|<!channel>"},
    )
    incident = replace(an_incident(), alerts=(alert,), common_annotations={})
    links = json.dumps(layouts.parts(incident)[0].message.blocks)
    assert "javascript" not in links
    assert "<https://evil.example/%7C%3C!channel%3E|Runbook>" in links


def test_two_thousand_alerts_and_many_findings_fit(layouts: Layouts) -> None:
    many = replace(DIAGNOSIS, findings=(OOM,) * 80, changes=(CHANGE,) * 300)
    parts = layouts.parts(diagnosed(an_incident(alerts=2000), many, many))
    assert_slack_takes(parts)
    assert [part.name for part in parts] == ["top", *(f"detail:{index}" for index in range(6))]
    assert re.search(r"… \d+ more lines in the console", parts[-1].message.blocks[-1]["elements"][0]["text"])


def test_the_thread_lists_ten_alerts_and_counts_the_rest(layouts: Layouts) -> None:
    text = layouts.parts(diagnosed(an_incident(alerts=25)))[1].message.text
    assert text.count("board-service-") == 10
    assert "… 15 more alerts" in text


@pytest.mark.parametrize(
    "broken", ["{{ it.nothing }}", "{% for", "[not json", '{{ it.title }} ["', "{{ 1/0 }}"]
)
def test_a_broken_layout_becomes_plain_text_and_counts(tmp_path: Path, broken: str) -> None:
    for name in ("slack/top.json.j2", "slack/diagnosis.json.j2", "slack/alerts.json.j2", "text/top.txt.j2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(broken)
    sample = ("opsbot_words_missed_total", {"words": "slack/top.json.j2"})
    before = REGISTRY.get_sample_value(*sample) or 0
    parts = CheckedLayouts(words_in("en"), folder=tmp_path).parts(INCIDENTS["firing-diagnosed"])
    assert_slack_takes(parts)
    assert parts[0].message.text.startswith("🔴 Firing · critical · KubePodCrashLooping")
    assert "Container app is killed" in parts[1].message.text
    assert REGISTRY.get_sample_value(*sample) == before + 1


def test_blocks_by_hand_fit_into_messages(layouts: Layouts) -> None:
    for page in layouts.blocks(replace(DIAGNOSIS, findings=(OOM,) * 40)):
        assert refused({"text": "", "blocks": page}, update=False) == ""


def test_a_word_of_a_stranger_is_still_a_message(layouts: Layouts) -> None:
    alert = Alert(an_alert().status, {}, {}, START, None, "", "")
    parts = layouts.parts(replace(an_incident(), alerts=(alert,), group_labels={}, common_annotations={}))
    assert parts[0].message.text.startswith("🔴 Firing · Alerts · cluster default")
