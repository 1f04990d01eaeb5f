"""What Slack signed is admitted once, and nothing else ever is, whatever bytes come."""

import contextlib
import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.slack_requests import (
    WINDOW,
    NotReadableError,
    NotVerifiedError,
    Verifier,
    parsed,
)
from bot.secret import Secret
from tests.fakes.slack_signing import SIGNING_SECRET, form, payload, signature, slash

# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
NOW = 1531420618.0
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
Headers = list[tuple[bytes, bytes]]


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def verifier(clock: Clock | None = None, **options: int) -> Verifier:
    return Verifier(Secret(SIGNING_SECRET), clock or Clock(), **options)


def headers(stamp: bytes | None = b"1531420618", sign: bytes | None = SIGNED) -> Headers:
    pairs = [(b"X-Slack-Request-Timestamp", stamp), (b"X-Slack-Signature", sign)]
    return [(name, value) for name, value in pairs if value is not None]


def admit(of: Verifier, given_headers: Headers, body: bytes = BODY) -> str:
    """What became of it."""
    try:
        of.admit(of.claim(given_headers), body)
    except NotVerifiedError as error:
        return error.result
    return "admitted"


def test_the_example_of_the_documentation_is_admitted() -> None:
    assert admit(verifier(), headers()) == "admitted"


@pytest.mark.parametrize(
    ("given_headers", "result"),
    [
        ([], "unsigned"),
        (headers(stamp=None), "unsigned"),
        (headers(sign=None), "unsigned"),
        (headers(stamp=b""), "unsigned"),
        (headers(sign=b""), "unsigned"),
        (headers(stamp=b"yesterday"), "unsigned"),
        (headers(stamp=b"1531420618.0"), "unsigned"),
        (headers(stamp=b"-1531420618"), "unsigned"),
        (headers(stamp=b"+1531420618"), "unsigned"),
        (headers(stamp=b"1_531_420_618"), "unsigned"),
        (headers(stamp=b"nan"), "unsigned"),
        (headers(stamp=b"9" * 5000), "unsigned"),
        (headers(stamp="١٥٣١٤٢٠٦١٨".encode()), "unsigned"),
        (headers(stamp=b"\xff\xfe"), "unsigned"),
        (headers(sign=b"\xff\xfe"), "unsigned"),
        (headers(sign="v0=é".encode()), "unsigned"),
        (headers(sign=SIGNED.upper()), "unsigned"),
        (headers(sign=SIGNED.removeprefix(b"v0=")), "unsigned"),
        (headers(sign=SIGNED[:-1]), "unsigned"),
        (headers(sign=SIGNED + b"0"), "unsigned"),
        (headers(sign=b"v1=" + SIGNED[3:]), "unsigned"),
        (headers(sign=b"v0=" + b"0" * 64), "bad_signature"),
        (headers() + headers(), "unsigned"),
        (headers(sign=b"v0=" + b"0" * 64) + headers(stamp=None), "unsigned"),
        (headers(stamp=b"1531420619"), "bad_signature"),
    ],
)
def test_what_slack_did_not_sign_is_refused(given_headers: Headers, result: str) -> None:
    assert admit(verifier(), given_headers) == result


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b"&", b"\x00", BODY.replace(b"T1", b"T2")])
def test_another_body_does_not_fit_the_signature(body: bytes) -> None:
    assert admit(verifier(), headers(), body) == "bad_signature"


def test_another_secret_does_not_fit() -> None:
    other = Verifier(Secret("another"), Clock())

    assert admit(other, headers()) == "bad_signature"


@pytest.mark.parametrize(
    ("late", "result"),
    [(-301, "stale"), (-WINDOW, "admitted"), (WINDOW, "admitted"), (301, "stale"), (1e9, "stale")],
)
def test_five_minutes_either_way(late: float, result: str) -> None:
    assert admit(verifier(Clock(NOW + late)), headers()) == result


def test_a_replay_is_refused_as_long_as_it_is_fresh_and_then_it_is_stale() -> None:
    clock = Clock(NOW - WINDOW)
    of = verifier(clock)
    assert admit(of, headers()) == "admitted"

    for clock.now in (NOW - WINDOW, NOW, NOW + WINDOW):
        assert admit(of, headers()) == "replayed"
    clock.now = NOW + WINDOW + 1
    assert admit(of, headers()) == "stale"


def test_a_forged_request_does_not_use_up_the_true_one() -> None:
    of = verifier()
    assert admit(of, headers(), b"forged") == "bad_signature"

    assert admit(of, headers()) == "admitted"


def test_the_same_command_typed_again_is_another_request() -> None:
    of = verifier()
    for second in range(3):
        stamp = str(int(NOW) + second)
        assert admit(of, headers(stamp.encode(), signature(BODY, stamp).encode())) == "admitted"


def test_the_memory_is_bounded() -> None:
    of = verifier(remembered=3)
    bodies = [str(number).encode() for number in range(5)]
    signs = [headers(sign=signature(body, "1531420618").encode()) for body in bodies]
    assert [admit(of, sign, body) for sign, body in zip(signs, bodies, strict=True)] == ["admitted"] * 5

    assert admit(of, signs[4], bodies[4]) == "replayed"
    assert len(of._heard) == 3


def test_what_is_no_longer_fresh_is_forgotten() -> None:
    clock = Clock()
    of = verifier(clock)
    admit(of, headers())
    clock.now += WINDOW + 1
    stamp = str(int(clock.now))
    admit(of, headers(stamp.encode(), signature(b"next", stamp).encode()), b"next")

    assert len(of._heard) == 1


def test_a_secret_that_is_not_ascii_verifies_too() -> None:
    of = Verifier(Secret("쉿"), Clock())
    base = b"v0:1531420618:" + BODY
    sign = "v0=" + hmac.new("쉿".encode(), base, hashlib.sha256).hexdigest()

    assert admit(of, headers(sign=sign.encode())) == "admitted"


@given(
    st.lists(
        st.tuples(st.sampled_from([b"X-Slack-Signature", b"x-slack-request-timestamp", b"A"]), st.binary())
    )
)
def test_no_header_fails_otherwise_than_by_a_refusal(given_headers: Headers) -> None:
    assert admit(verifier(), given_headers) in {"unsigned", "stale", "bad_signature"}


@given(st.binary())
def test_no_body_fits_by_chance(body: bytes) -> None:
    assert admit(verifier(), headers(), body) == "bad_signature"


# -- bodies


@pytest.mark.parametrize(
    ("body", "kind", "found"),
    [
        (form({"command": "/ops", "text": "help"}), "application/x-www-form-urlencoded", {"command": "/ops", "text": "help"}),
        (form({"command": "/ops", "text": ""}), "application/x-www-form-urlencoded; charset=utf-8", {"command": "/ops", "text": ""}),
        (payload({"type": "block_actions"}), "Application/X-WWW-Form-Urlencoded", {"type": "block_actions"}),
        (b'{"type": "url_verification"}', "application/json", {"type": "url_verification"}),
    ],
)  # fmt: skip
def test_bodies_of_slack(body: bytes, kind: str, found: dict[str, str]) -> None:
    assert parsed(body, kind) == found


def test_a_command_that_talks_of_a_payload_is_still_a_command() -> None:
    assert parsed(form(slash("explain payload=too large")), "application/x-www-form-urlencoded") == slash(
        "explain payload=too large"
    )
    tricky = form(slash("x", payload='{"type": "block_actions"}'))
    assert parsed(tricky, "application/x-www-form-urlencoded")["command"] == "/ops"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "application/json"),
        (b"\xff", "application/json"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"payload=", "application/x-www-form-urlencoded"),
        (b"payload=[]", "application/x-www-form-urlencoded"),
        (b"payload=" + b"[" * 100_000, "application/x-www-form-urlencoded"),
        (b"a=1&" * 1000, "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
        (b"{}", ""),
        (b"--x", "multipart/form-data; boundary=x"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(body: bytes, kind: str) -> None:
    with pytest.raises(NotReadableError):
        parsed(body, kind)


@given(st.binary(), st.sampled_from(["application/json", "application/x-www-form-urlencoded", "x"]))
def test_no_bytes_fail_otherwise(body: bytes, kind: str) -> None:
    for content in (body, urlencode({"payload": body}).encode()):
        with contextlib.suppress(NotReadableError):
            assert isinstance(parsed(content, kind), dict)
