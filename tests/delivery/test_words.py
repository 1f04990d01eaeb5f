"""Words: every language whole, and no sentence that fails takes the message with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.dictionary import TEMPLATES, Dictionary, WordsError
from bot.delivery.sandbox import TEMPLATE_FAILURES
from bot.delivery.wording_check import missing_words, missing_words_of_change, missing_words_of_runbook
from bot.delivery.words import Words
from bot.incidents.merge import MergeReason
from bot.model import Facts, Fix, IncidentState, Layer, Missing, Observation, Reason, Source, Verdict
from bot.observe import REGISTRY
from tests.delivery.builders import CHANGE, DIAGNOSIS, OOM, RULED_OUT, TARGET, UNREADABLE
from tests.delivery.conftest import words_in


def test_a_finding_is_worded_over_its_facts(words: Words) -> None:
    finding = words.finding(OOM, TARGET)
    assert finding.title == "Container app is killed at its limit of 512Mi"
    assert finding.evidence[0].text == "Container app ended with OOMKilled"
    (fix,) = finding.fixes
    command = "kubectl --namespace=shop set resources deployment/board-service --limits=memory=1Gi"
    assert fix.commands == (command,)
    assert fix.patch == "resources:\n  limits:\n    memory: 1Gi"


def test_korean_lies_over_english_and_borrows_only_commands(words: Words) -> None:
    korean = words_in("ko").finding(OOM, TARGET)
    assert korean.title == "컨테이너 app가 한도 512Mi에서 종료됩니다"
    assert korean.fixes[0].commands == words.finding(OOM, TARGET).fixes[0].commands
    assert korean.fixes[0].risk == "파드가 한 번 재시작합니다."


def test_a_likely_cause_falls_back_to_the_confirmed_words(words: Words) -> None:
    likely = words.finding(replace(OOM, verdict=Verdict.LIKELY), TARGET)
    assert likely.title == words.finding(OOM, TARGET).title


def test_what_was_not_checked_says_what_why_and_the_grant(words: Words) -> None:
    finding = words.finding(UNREADABLE, TARGET)
    assert finding.title == "Not checked: image cannot be pulled"
    assert finding.detail == "Kubernetes, get pods/log in shop: not allowed"
    assert "rules:" in finding.grant


def test_the_document_has_the_shape_of_the_contract(words: Words) -> None:
    document = words.to_json(DIAGNOSIS)
    assert list(document)[:5] == ["schema", "target", "runbooks", "findings", "changes"]
    assert document["target"] == {
        "cluster": "default",
        "namespace": "shop",
        "kind": "Deployment",
        "name": "board-service",
    }
    oom, unreadable, _ = document["findings"]
    assert list(oom) == [
        "runbook",
        "cause",
        "verdict",
        "title",
        "detail",
        "evidence",
        "fixes",
        "missing",
    ]
    assert oom["missing"] is None
    assert oom["evidence"][0]["at"] == "2026-01-01T03:12:00Z"
    assert list(oom["fixes"][0]) == ["title", "layer", "lasting", "commands", "patch", "risk", "verify"]
    assert unreadable["missing"] | {"grant": ""} == {
        "reason": "forbidden",
        "verb": "get",
        "resource": "pods/log",
        "namespace": "shop",
        "grant": "",
    }
    change = {
        "at": "2026-01-01T03:08:40Z",
        "object": "Deployment/board-service",
        "text": "image 1.4.1 → 1.4.2",
    }
    assert document["changes"] == [change]
    assert document["took_ms"] == 412


def test_the_same_input_gives_the_same_bytes(language: str) -> None:
    first, second = (json.dumps(words_in(language).to_json(DIAGNOSIS)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("verdicts", Verdict),
        ("reasons", Reason),
        ("sources", Source),
        ("layers", Layer),
        ("states", IncidentState),
        ("merge", MergeReason),
    ],
)
def test_every_shared_name_is_worded_in_every_language(
    language: str, group: str, names: type[Verdict]
) -> None:
    own = Dictionary(language).own("common", group)
    assert set(own) == {name.value for name in names}


def test_both_languages_have_the_same_common_words() -> None:
    def keys(content: object, at: str = "") -> set[str]:
        if not isinstance(content, dict):
            return {at}
        return {key for name, below in content.items() for key in keys(below, f"{at}.{name}")}

    english, korean = (keys(Dictionary(name).own("common")) for name in ("en", "ko"))
    assert english == korean


def test_a_sentence_that_fails_becomes_plain_words_and_counts(words: Words) -> None:
    before = REGISTRY.get_sample_value("opsbot_words_missed_total", {"words": "example"}) or 0
    finding = words.finding(replace(OOM, facts={"container": "app"}), TARGET)
    assert finding.title == "container killed for memory: container app"
    assert finding.fixes[0].title == "Raise the memory limit of app to 1Gi"
    assert REGISTRY.get_sample_value("opsbot_words_missed_total", {"words": "example"}) == before + 2


@pytest.mark.parametrize("facts", [{"limit": "lots"}, {"limit": True}, {"limit": None}, {"limit": (1, 2)}])
def test_facts_of_another_kind_never_lose_the_finding(words: Words, facts: Facts) -> None:
    odd = replace(OOM, facts={**OOM.facts, **facts})
    assert "memory" in words.finding(odd, TARGET).title or "limit" in words.finding(odd, TARGET).title


def test_a_runbook_without_words_is_told_by_its_ids(words: Words) -> None:
    stranger = replace(
        OOM, runbook="stranger", evidence=(Observation(Source.PROMETHEUS, "odd-peak", {"at": 3}),)
    )
    finding = words.finding(stranger, TARGET)
    assert finding.title == "oom killed: container app, limit 536870912, restarts 7"
    assert finding.evidence[0].text == "odd peak: at 3"
    assert finding.fixes[0].title == "raise memory"


def test_a_command_that_is_too_long_is_left_out_never_cut(words: Words) -> None:
    target = replace(TARGET, name="x" * 10_000)
    assert words.finding(OOM, target).fixes[0].commands == ()


def test_what_a_shell_would_run_is_quoted(words: Words) -> None:
    hostile = replace(TARGET, namespace="a; rm -rf /", name="$(reboot)\x1b[31m\u202e")
    (command,) = words.finding(OOM, hostile).fixes[0].commands
    quoted = "kubectl --namespace='a; rm -rf /' set resources deployment/'$(reboot)' --limits=memory=1Gi"
    assert command == quoted


@pytest.mark.parametrize(
    "source",
    [
        "{{ 10 ** 20000000 }}",
        "{{ 'x' * 200000000 }}",
        "{{ [1] * 100000000 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ undefined_fact }}",
        "{{ 1 / 0 }}",
        "{% for",
        "{{ range(10000000) | list }}",
        "{{ 3 | sh | nothing }}",
    ],
)
def test_no_template_eats_the_machine_or_escapes(words: Words, source: str) -> None:
    with pytest.raises(TEMPLATE_FAILURES):
        words.render(source, {})


def test_values_read_as_people_say_them(words: Words) -> None:
    context = {"none": None, "yes": True, "ratio": 0.1 + 0.2, "whole": 3.0, "names": ("a", "b")}
    said = words.render("{{ none }} {{ yes }} {{ ratio }} {{ whole }} {{ names }}", context)
    assert said == "unknown yes 0.3 3 a, b"


@pytest.mark.parametrize(
    ("language", "seconds", "said"),
    [
        ("en", 200, "3 min 20 s"),
        ("en", 0, "0 s"),
        ("en", 90_061, "1 d 1 h"),
        ("ko", 200, "3분 20초"),
    ],
)
def test_durations(language: str, seconds: float, said: str) -> None:
    assert words_in(language).duration(seconds) == said


def test_ago(words: Words) -> None:
    assert words.render("{{ 61 | ago }}", {}) == "1 min 1 s ago"


# -- the check of words


def test_the_examples_are_whole(language: str) -> None:
    words = words_in(language)
    found = [why for finding in (OOM, UNREADABLE, RULED_OUT) for why in missing_words(words, finding)]
    found += missing_words_of_change(words, CHANGE)
    found += missing_words_of_runbook(words, "example", ("oom-killed", "bad-image", "node-pressure"))
    assert found == []


def test_the_check_names_what_is_missing_where() -> None:
    korean = words_in("ko")
    odd = replace(
        OOM,
        facts={},
        evidence=(Observation(Source.KUBERNETES, "nowhere"),),
        fixes=(Fix("unheard-of", Layer.LIVE, lasting=False),),
    )
    assert missing_words(korean, odd) == [
        "ko/example.yaml: causes.oom-killed.confirmed.title: 'container' is undefined",
        "ko/example.yaml: causes.oom-killed.confirmed.detail: 'restarts' is undefined",
        "ko/example.yaml: observations.nowhere is missing",
        "ko/example.yaml: fixes.unheard-of.title is missing",
        "ko/example.yaml: fixes.unheard-of.risk is missing",
        "ko/example.yaml: fixes.unheard-of.verify is missing",
    ]


def test_english_does_not_stand_in_for_korean(tmp_path: Path) -> None:
    for language, text in (("en", "title: Mine\nsummary: Its."), ("ko", "title: 내 것")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "mine.yaml").write_text(text, encoding="utf-8")
    words = Words("ko", folders=(TEMPLATES, tmp_path))
    assert words.runbook_summary("mine") == "Its."
    assert missing_words_of_runbook(words, "mine", ()) == ["ko/mine.yaml: summary is missing"]


@pytest.mark.parametrize("text", ["- a list", "a: {torn", "\x00"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "broken.yaml").write_text(text)
    with pytest.raises(WordsError, match=r"broken\.yaml"):
        Words("en", folders=(tmp_path,))


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(WordsError, match="'xx'"):
        Words("xx")


def test_a_gap_says_its_detail(words: Words) -> None:
    gap = words.gap(Missing(Source.PROMETHEUS, Reason.TIMEOUT, "query", "up", detail="no answer within 5 s"))
    assert gap.text == "Prometheus, query up: no answer in time (no answer within 5 s)"
