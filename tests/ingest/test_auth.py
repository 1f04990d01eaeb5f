"""Who may post: bearer or basic, any of the tokens, and no header can make it fail otherwise than by saying no."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.auth import authorized
from bot.secret import Secret, split_tokens

TOKENS = split_tokens("new-token,old-token,쉿")


def basic(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Bearer new-token",
        "Bearer old-token",
        "bearer new-token",
        "BEARER   new-token ",
        "Bearer 쉿",
        basic("alertmanager:new-token"),
        basic(":old-token"),
        basic("any:쉿"),
        basic("alertmanager:new-token").replace("Basic", "basic"),
    ],
)
def test_lets_in(header: str) -> None:
    assert authorized(header, TOKENS)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer new-toke",
        "Bearer new-token2",
        "Bearer new-token old-token",
        "Bearer new-token,old-token",
        "new-token",
        "Token new-token",
        "Basic new-token",
        "Basic ****",
        "Basic é",
        "Basic",
        basic("new-token"),
        basic("new-token:"),
        basic("user:new-token:"),
        basic(b"\xff\xfe:\xff"),
        "Bearer \udcff\udc80",
        "Bearer éé",
        "Bearer \x00",
    ],
)
def test_keeps_out(header: str | None) -> None:
    assert not authorized(header, TOKENS)


def test_nobody_gets_in_where_there_is_no_token() -> None:
    assert not authorized("Bearer ", ())
    assert not authorized("Bearer x", ())
    assert not authorized("Bearer ", (Secret(""),))
    assert not authorized(None, (Secret(""),))


def test_a_token_of_other_bytes_is_compared_as_bytes() -> None:
    assert authorized("Bearer t\udcff", (Secret("t\udcff"),))


def test_a_password_may_hold_colons() -> None:
    assert authorized(basic("user:a:b"), (Secret("a:b"),))


@given(st.binary(max_size=60))
def test_any_header_gets_an_answer(raw: bytes) -> None:
    assert not authorized(raw.decode("utf-8", "surrogateescape"), TOKENS)
    assert not authorized("Basic " + raw.decode("utf-8", "surrogateescape"), TOKENS)


def test_a_secret_does_not_show_itself() -> None:
    assert "new-token" not in f"{TOKENS!r} {TOKENS[0]!s} {TOKENS[0]}"
    assert TOKENS[0].reveal() == "new-token"


def test_tokens_are_split_at_commas_and_white_space() -> None:
    found = split_tokens(" a,b\nc\r\n,, d\ta ")
    assert [token.reveal() for token in found] == ["a", "b", "c", "d"]
    assert split_tokens(" \n, ") == ()
