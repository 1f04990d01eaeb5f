"""Regular expressions of matchers: RE2's as in Alertmanager, and never slow."""

import time

import pytest

from bot.matchers import MatcherError, match_all, parse_matchers


@pytest.mark.parametrize(
    ("typed", "labels", "matches"),
    [
        (r'a=~"Grp\\z"', {"a": "Grp"}, True),
        (r'a=~"\\Qx.y\\E|Grp"', {"a": "x.y"}, True),
        (r'a=~"\\Qx.y\\E|Grp"', {"a": "xzy"}, False),
        (r'a=~"G\\x{72}p"', {"a": "Grp"}, True),
        (r'a=~"\\p{Hangul}+"', {"a": "상점"}, True),
        ('a=~"b.*"', {"a": "abc"}, False),
        ('a=~".+"', {"a": "two\nlines"}, False),
        ('a=~".*"', {}, True),
        ('a!~"x"', {"a": "\ud800"}, True),
    ],
)
def test_they_match_as_in_alertmanager(typed: str, labels: dict[str, str], *, matches: bool) -> None:
    assert match_all(parse_matchers(typed), labels) is matches


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ('a=~"("', "missing )"),
        ('a=~"(?=g)g"', "invalid perl operator: (?="),
        (r'a=~"(g)\\1"', "invalid escape sequence"),
        ('a=~"((x?){4000}){4000}"', "invalid repetition size"),
        ('a=~"((x{900}){900}){900}"', "invalid repetition size"),
    ],
)
def test_what_alertmanager_refuses_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(MatcherError) as refused:
        parse_matchers(typed)

    assert f"is not a regular expression: {why}" in str(refused.value)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}", "((a?){30}){30}"])
def test_no_pattern_takes_more_than_linear_time(pattern: str) -> None:
    (matcher,) = parse_matchers(f'a=~"{pattern}"')
    began = time.thread_time()

    matcher.matches({"a": "a" * 5_000 + "!"})

    assert time.thread_time() - began < 1  # otherwise it is hours


def test_equal_matchers_are_equal() -> None:
    assert parse_matchers('a=~"b+"') == parse_matchers('a=~"b+"')
