"""Hostile text comes out as text in every layout, within every limit of Slack, whatever it is made of and however long."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.delivery.blockkit import Block
from bot.delivery.message import Part
from bot.delivery.render import Layouts
from bot.model import (
    Diagnosis,
    Difference,
    Finding,
    Incident,
    Observation,
    Outcome,
    Rechecked,
    Related,
    Relative,
    Source,
    Verdict,
)
from tests.delivery.builders import (
    CHANGE,
    OOM,
    RECHECK,
    RULED_OUT,
    TARGET,
    UNREADABLE,
    a_relative,
    an_alert,
    an_incident,
    diagnosed,
)
from tests.delivery.conftest import layouts_in
from tests.delivery.test_render import assert_slack_takes
from tests.fakes.slack_limits import texts

HOSTILE = (
    "*bold* _it_ ~gone~ `code` ```fence``` :smile: <!channel> <!here> <@U1> <!subteam^S1> "
    "<https://evil.example|click> @here #general https://evil.example & &lt; &amp; "
    "\u202e\u200b\x00\x1b[31m\ud800 \U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 {{ 7 * 7 }} {% x %} \"' \\ \\u003c"
)


def hostile(text: str) -> Incident:
    labels = {"alertname": text, "severity": text, "namespace": text, "pod": text, text: text}
    alerts = tuple(
        replace(an_alert(number), labels=labels, annotations={"summary": text}) for number in range(3)
    )
    alerts = tuple(replace(alert, generator_url=text) for alert in alerts)
    target = replace(TARGET, namespace=text, name=text, cluster=text)
    observation = Observation(Source.KUBERNETES, "last-state", {"container": text, "reason": text}, text)
    finding = replace(OOM, facts={**OOM.facts, "container": text}, evidence=(observation,) * 3)
    odd = Finding(text, text, Verdict.LIKELY, {"fact": text})
    missing = replace(UNREADABLE.missing, detail=text, grant=text) if UNREADABLE.missing else None
    diagnosis = Diagnosis(
        target,
        (text,),
        (
            replace(finding, missing=missing),
            odd,
            replace(UNREADABLE, missing=missing),
            replace(RULED_OUT, facts={"node": text}),
        ),
        (replace(CHANGE, object=text, facts={"before": text, "after": text}),),
        (missing,) if missing else (),
    )
    incident = replace(an_incident(), alerts=alerts, common_annotations={"summary": text}, id=text)
    other = Relative(text, text, (text,), text, text)
    recheck = replace(
        RECHECK,
        target=target,
        findings=(
            Rechecked(Outcome.STILL_THERE, finding, (Difference(text, text, text),) * 4),
            Rechecked(Outcome.UNKNOWN, replace(UNREADABLE, missing=missing)),
            Rechecked(Outcome.NEW, odd),
        ),
    )
    return replace(
        diagnosed(incident, diagnosis),
        rechecks=(recheck,),
        related=Related((other, a_relative(1)), (other,) * 6),
    )


def assert_inert(parts: tuple[Part, ...]) -> None:
    """Angle brackets are ours alone, and formatting is only read in fences, dates and links."""
    assert_slack_takes(parts)
    for part in parts:
        for text in texts({"text": part.message.text, "blocks": part.message.blocks}):
            ours = re.sub(
                r"<!date\^\d+\^\{date_short_pretty\} \{time\}( \(\{ago\}\))?\|[^<>|]+>|<https?://[^<>|]+\|[^<>|]+>",
                "",
                text,
            )
            assert "<" not in ours
            assert ">" not in ours
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
            assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert not re.search(r"(?<!\w)[*_~`]\S|:smile:", part.message.text)
        for block in part.message.blocks:
            for element in elements(block):
                assert_marked_only_by_us(element)


def elements(block: Block) -> list[Block]:
    return [
        element
        for element in (block.get("text"), *block.get("fields", ()), *block.get("elements", ()))
        if element
    ]


def assert_marked_only_by_us(element: Block) -> None:
    if element["type"] == "plain_text":
        assert element["emoji"] is False
        return
    text = element["text"]
    if text.startswith("```"):
        assert text.endswith("\n```")
        assert "```" not in text[3:-3]
    else:
        # Dates, links and one line in bold are ours; what stands between must be as inert as a top-level text.
        unlinked = re.sub(r"<!date[^>]+>|<https?://[^<>]+\|[^<>]+>", "", text)
        plain = re.sub(r"\A\*([^*\n]+)\*(?=\n|\Z)", r"\1", unlinked)
        assert not re.search(r"[<>]|(?<!\w)[*_~`]\S|:smile:", plain)
        assert not any(
            re.search(r"(?<!\w)[*_~`]\S|:smile:", label) for label in re.findall(r"\|([^<>]+)>", text)
        )


def test_hostile_text_is_inert_everywhere(language: str) -> None:
    assert_inert(layouts_in(language).parts(hostile(HOSTILE)))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@example("0000000" + "\U00010000" * 3 + HOSTILE[:20], 9)  # is cut right behind a mark
@given(
    st.text(st.characters(codec=None), max_size=60).map(lambda text: text + HOSTILE[:20]), st.integers(1, 400)
)
def test_any_text_of_any_length_is_inert_and_fits(text: str, times: int) -> None:
    assert_inert(layouts_in("en").parts(hostile(text * times)))


@pytest.mark.parametrize("mark", ["&", "<", '"', "\n", "`", "🔥", "e\u0301", "한"])
def test_huge_values_fit_whatever_they_are_made_of(layouts: Layouts, mark: str) -> None:
    parts = layouts.parts(hostile(mark * 20_000))
    assert_inert(parts)
    assert parts[0].message.text.startswith("🔴 Firing")


def test_markdown_of_hostile_text_has_no_markup_of_its_own(layouts: Layouts) -> None:
    (diagnosis,) = hostile(HOSTILE).diagnoses
    prose = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", layouts.markdown(diagnosis))
    assert not re.search(r"(?<!\\)[*<>`@]", prose)
    assert "\\*bold\\*" in prose
