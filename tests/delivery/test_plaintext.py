"""Hygiene of text: what is hidden goes, and a cut never tears what belongs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.plaintext import clean, cut, one_line, units

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
KOREA = "\U0001f1f0\U0001f1f7"


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("a\x00b\x07c", "abc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("line\r\nline\u2028line\x85line", "line\nline\nline\nline"),
        ("tab\tstays", "tab\tstays"),
        ("user\u202etxt.exe\u2066x\u2069", "usertxt.exex"),
        ("\ud800half", "\ufffdhalf"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        (f"한국어 {FAMILY}", f"한국어 {FAMILY}"),
    ],
)
def test_clean(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy


def test_one_line() -> None:
    assert one_line("  a\n\tb \x00 c ") == "a b c"


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("ab\u0301cdef", 3, "a…"),
        (f"ab{FAMILY}cdef", 8, "ab…"),
        (f"{KOREA}{KOREA}", 6, "…"),
        ("ab\U0001f44d\U0001f3fdcd", 6, "ab…"),
        ("🔥🔥🔥", 5, "🔥🔥…"),
        ("abc", 0, ""),
    ],
)
def test_cut_keeps_characters_whole(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


@pytest.mark.parametrize("limit", range(3, 9))
def test_cut_keeps_entities_whole(limit: int) -> None:
    kept = cut("a&amp;b&lt;c", limit, escaped=True).removesuffix("…")
    assert "a&amp;b&lt;c".startswith(kept)
    assert kept.count("&") == kept.count(";")


@given(st.text(), st.integers(0, 40))
def test_a_cut_is_never_longer_than_asked(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert units(kept) <= max(limit, 0)
    assert kept in {text, ""} or kept.endswith("…")
