"""What people read has no repetitions; what programs read keeps everything."""

import json
from dataclasses import replace

import pytest

from bot.delivery.condensed import ruled_out, unchecked, without_repeats
from bot.delivery.words import Words
from bot.model import Verdict
from tests.delivery.builders import DIAGNOSIS, OOM, UNREADABLE, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.fakes.checked_layouts import CheckedLayouts

AGAIN = replace(OOM, cause="node-pressure", weight=1)
BLIND = replace(UNREADABLE, cause="also-unreadable")
TWICE = replace(DIAGNOSIS, findings=(OOM, AGAIN, UNREADABLE, BLIND))


def test_a_fix_is_spelt_out_once() -> None:
    first, second = without_repeats(words_in("en").word(TWICE).found)

    assert [fix.repeated for fix in first.fixes] == [False] * len(OOM.fixes)
    assert [fix.repeated for fix in second.fixes] == [True] * len(OOM.fixes)


def test_what_was_seen_is_told_once() -> None:
    first, second = without_repeats(words_in("en").word(TWICE).found)

    assert len(first.evidence) == len(OOM.evidence)
    assert second.evidence == ()


def test_causes_with_one_gap_stand_together() -> None:
    (gap,) = unchecked(words_in("en").word(TWICE).not_checked)

    assert len(gap.findings) == 2
    assert gap.names.count(",") == 1
    assert gap.grant


@pytest.mark.parametrize("language", ["en", "ko"])
def test_layouts_tell_it_once_and_json_twice(language: str) -> None:
    layouts = CheckedLayouts(words_in(language))
    risk = words_in(language).word(TWICE).found[0].fixes[0].risk
    above = words_in(language).label("as_above")

    for text in (layouts.text(TWICE), layouts.markdown(TWICE)):
        assert text.count(above) == len(OOM.fixes)
    slack = json.dumps(
        [block for part in layouts.parts(diagnosed(an_incident(), TWICE)) for block in part.message.blocks],
        ensure_ascii=False,
    )
    assert slack.count(risk) == 1
    assert json.dumps(layouts.to_json(TWICE), ensure_ascii=False).count(risk) == 2


def test_what_is_ruled_out_is_named_by_runbook_where_several_looked() -> None:
    words = Words("en")
    worded = words.finding(
        replace(OOM, verdict=Verdict.RULED_OUT, cause="oom-killed", runbook="triage"), DIAGNOSIS.target
    )
    other = replace(worded, runbook="hpa_slow_scale_down", name="a", title="")

    assert ruled_out([worded, worded], words) == f"{worded.name}, {worded.name}"
    assert ruled_out([worded, other, other], words) == (
        f"{words.runbook_title('hpa_slow_scale_down')}: a, a; {words.runbook_title('triage')}: {worded.name}"
    )
