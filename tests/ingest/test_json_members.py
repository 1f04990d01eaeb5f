"""Reading an object member by member gives what reading it at once gives."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.json_members import has_lone_surrogate, members

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(max_size=6), _VALUES, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans()
)
def test_agrees_with_json(document: dict[str, Any], indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert members(text) == document


@given(st.text(alphabet=' \n{}[]:,"\\a1-.eu0tru', max_size=30))
def test_refuses_what_json_refuses(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    if isinstance(expected, dict):
        assert members(text) == expected
    else:
        with pytest.raises(ValueError):  # noqa: PT011 - any of the ways in which json says so
            members(text)


@pytest.mark.parametrize(
    "text", ["{,}", '{"a":1,}', '{"a":[1,]}', '{"a":[,]}', '{"a" 1}', "{'a': 1}", '{"a":1}}']
)
def test_refuses_bad_punctuation(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        members(text)


@pytest.mark.parametrize(
    ("text", "lone"),
    [
        (r'{"a": "\ud83d\ude00"}', False),
        (r'{"a": "\\ud83d"}', False),
        (r'{"a": "\ud83d"}', True),
        (r'{"a": ["b", {"c": "\uDE00\uD83D"}]}', True),
        (r'{"\ud83d": 1}', True),
    ],
)
def test_finds_halves_of_surrogate_pairs(text: str, lone: bool) -> None:
    assert has_lone_surrogate(text, members(text)) is lone
