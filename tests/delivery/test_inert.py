"""Hostile text comes out as text in every message of an incident, within every limit, whatever it is made of and however long.

That it does is judged by the layouts of the tests (tests/fakes/checked_layouts.py), here as everywhere.
"""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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


def test_hostile_text_is_inert_everywhere(language: str) -> None:
    assert layouts_in(language).parts(hostile(HOSTILE))[0].message.text.startswith("🔴 Firing")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@example("0000000" + "\U00010000" * 3 + HOSTILE[:20], 9)  # is cut right behind a mark
@given(
    st.text(st.characters(codec=None), max_size=60).map(lambda text: text + HOSTILE[:20]), st.integers(1, 400)
)
def test_any_text_of_any_length_is_inert_and_fits(text: str, times: int) -> None:
    assert layouts_in("en").parts(hostile(text * times))[0].message.text.startswith("🔴 Firing")


@pytest.mark.parametrize("mark", ["&", "<", '"', "\n", "`", "🔥", "e\u0301", "한"])
def test_huge_values_fit_whatever_they_are_made_of(layouts: Layouts, mark: str) -> None:
    parts = layouts.parts(hostile(mark * 20_000))
    assert parts[0].message.text.startswith("🔴 Firing")


def test_markdown_of_hostile_text_has_no_markup_of_its_own(layouts: Layouts) -> None:
    (diagnosis,) = hostile(HOSTILE).diagnoses
    prose = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", layouts.markdown(diagnosis))
    assert not re.search(r"(?<!\\)[*<>`@]", prose)
    assert "\\*bold\\*" in prose
