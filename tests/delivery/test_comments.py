"""What patches and commands say to their reader is said in the reader's language, although both are written once, in English."""

import re
from collections.abc import Iterator

import pytest

from bot.delivery.dictionary import Dictionary
from bot.model import Finding, Fix
from runbooks.catalog import CATALOG
from tests.delivery.catalogue import CASES, Case, sights
from tests.delivery.conftest import words_in

_COMMENT = re.compile(r"(?:^|\s)(?:#|//)[ \t]+(.+)", re.MULTILINE)
_HANGUL = re.compile("[가-힣]")
# A word by itself: not a piece of an address, an identifier or a version.
_WORD = re.compile(r"(?<![\w./:@$-])[a-z]{2,}(?![\w/:@-])", re.IGNORECASE)
_KIND = re.compile(r"(?:[A-Z][a-z]+)+")
_PHRASE = re.compile(r"\{\{ phrases\.\w+ \}\}")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def english(text: str, names: frozenset[str] = frozenset()) -> list[str]:
    """The comments that are in English words alone; the kind of an object and its name are no words."""
    return [
        comment
        for comment in _COMMENT.findall(text)
        if not _HANGUL.search(comment)
        and any(word not in names and not _KIND.fullmatch(word) for word in _WORD.findall(comment))
    ]


def names_of(finding: Finding, fix: Fix) -> frozenset[str]:
    return frozenset(value for value in {**finding.facts, **fix.facts}.values() if isinstance(value, str))


def commented(case: Case, language: str) -> list[str]:
    seen, words = sights()[case.runbook].ill, words_in(language)
    return [
        comment
        for finding in seen.findings
        for fix, told in zip(finding.fixes, words.finding(finding, seen.target).fixes, strict=True)
        for comment in english(told.patch, names_of(finding, fix))
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("memory: 1Gi   # now 512Mi", ["now 512Mi"]),
        ("memory: 1Gi   # 현재 512Mi", []),
        ("// Where the program makes its resource", ["Where the program makes its resource"]),
        ("# HorizontalPodAutoscaler web in shop", ["HorizontalPodAutoscaler web in shop"]),
        ("# shop의 HorizontalPodAutoscaler web", []),
        ("# Application web", []),
        ("# Prometheus monitoring/k8s\nspec:\n  # values", ["values"]),
        ("url: https://argocd.example  # https://docs.example/how/to", []),
        ("image: web  # v1.2.3", []),
        ("sed -i 's#old in text#new#' file", []),
    ],
)
def test_what_counts_as_english(text: str, said: list[str]) -> None:
    assert english(text, frozenset({"web"})) == said


@pytest.mark.timeout(30)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)
def test_no_patch_speaks_english_to_a_korean_reader(case: Case) -> None:
    assert commented(case, "ko") == []


@pytest.mark.timeout(30)
def test_the_same_patches_do_speak() -> None:
    assert any(commented(case, "en") for case in CASES)


def shared(dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """Patches and commands as they are written, also of fixes that no cluster of this folder leads to."""
    for runbook in CATALOG:
        for key, fix in dictionary.find(runbook.name, "fixes").items():
            for source in (fix.get("patch", ""), *fix.get("commands", ())):
                yield f"{runbook.name}.{key}", _JINJA.sub("", _PHRASE.sub("말", source))


def test_a_comment_that_is_written_once_is_a_phrase() -> None:
    said = [(at, comment) for at, source in shared(Dictionary("ko")) for comment in english(source)]

    assert said == []


def test_fixes_are_named_alike_in_korean() -> None:
    dictionary = Dictionary("ko")
    titles = [fix["title"] for runbook in CATALOG for fix in dictionary.find(runbook.name, "fixes").values()]

    assert [title for title in titles if re.search("니다|세요|시오", title)] == []
