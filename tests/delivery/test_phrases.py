"""What sentences of a book share, and what patches say to their reader: in the reader's language, and never left out."""

from pathlib import Path

import pytest

from bot.delivery.wording_check import missing_words_of_runbook
from bot.delivery.words import Words
from bot.model import Finding, Fix, Layer, Target, Verdict

TARGET = Target("default", "shop", "Deployment", "web")
ENGLISH = """
title: "Book"
summary: "Of tests."
phrases:
  place: "container {{ container }}"
  unused: "{{ nobody_says_this }}"
causes:
  it:
    name: "it"
    confirmed: {title: "It is {{ phrases.place }}", detail: "{{ phrases.place }}."}
    ruled_out: "{{ phrases.unheard }}"
fixes:
  mend:
    title: "Mend"
    patch: "# {{ phrases.place }}\\nimage: x"
    commands: ["kubectl get pods  # {{ phrases.place }}"]
    risk: "None."
    verify: ["kubectl get pods"]
"""
KOREAN = """
title: "책"
summary: "시험."
phrases:
  place: "컨테이너 {{ container }}이(가)"
causes:
  it:
    name: "그것"
    confirmed: {title: "{{ phrases.place }} 그것입니다", detail: "{{ phrases.place }}."}
    ruled_out: "아닙니다"
fixes:
  mend: {title: "고치기", risk: "없음.", verify: ["kubectl get pods"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, words in (("en", ENGLISH), ("ko", KOREAN)):
        (tmp_path / language).mkdir()
        (tmp_path / language / "book.yaml").write_text(words, encoding="utf-8")
    return tmp_path


def finding(verdict: Verdict = Verdict.CONFIRMED) -> Finding:
    fix = Fix("mend", Layer.LIVE, lasting=True, facts={})
    return Finding("book", "it", verdict, {"container": "api-service"}, (), (fix,))


@pytest.mark.parametrize(
    ("language", "title", "patch", "remark"),
    [
        ("en", "It is container api-service", "# container api-service\nimage: x", "container api-service"),
        (
            "ko",
            "컨테이너 api-service가 그것입니다",
            "# 컨테이너 api-service가\nimage: x",
            "컨테이너 api-service가",
        ),
    ],
)
def test_a_patch_speaks_to_its_reader(
    folder: Path, language: str, title: str, patch: str, remark: str
) -> None:
    worded = Words(language, folders=(folder,)).finding(finding(), TARGET)

    assert (worded.title, worded.fixes[0].patch, worded.fixes[0].doing[0].remark) == (title, patch, remark)


def test_a_phrase_that_nobody_wrote_costs_the_sentence_alone(folder: Path) -> None:
    worded = Words("en", folders=(folder,)).finding(finding(Verdict.RULED_OUT), TARGET)

    assert worded.title == "ruled out"
    assert worded.fixes[0].patch == "# container api-service\nimage: x"


def test_a_language_without_a_phrase_is_told(folder: Path) -> None:
    missing = missing_words_of_runbook(Words("ko", folders=(folder,)), "book", ["it"])

    assert missing == ["ko/book.yaml: phrases.unused is missing"]
    assert missing_words_of_runbook(Words("en", folders=(folder,)), "book", ["it"]) == []
