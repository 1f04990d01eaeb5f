"""A login kept in a cookie: when it ends, signed with the token that opened it. Sans-I/O.

Nothing is stored, so a session outlives a restart and holds on every replica; taking a token away ends its sessions.
The cookie never holds the token.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.secret import Secret

LASTS = timedelta(hours=12)
_PURPOSE = b"opsbot console session 1:"
_NAMING = b"opsbot console token name 1"


def token_matches(offered: str, tokens: Iterable[Secret]) -> bool:
    return matching(offered, tokens) is not None


def matching(offered: str, tokens: Iterable[Secret]) -> Secret | None:
    """The token that was offered, in the same time whatever it was; nothing offered never matches."""
    digest = hashlib.sha256(_bytes(offered)).digest()
    found = None
    for token in tokens:  # all of them: the time must not tell which one is right
        if hmac.compare_digest(digest, hashlib.sha256(_bytes(token.reveal())).digest()):
            found = token
    return found if offered else None


def name_of(token: Secret) -> str:
    """What may be written down and shown: tells two tokens apart, and says nothing of either."""
    return hmac.new(_bytes(token.reveal()), _NAMING, hashlib.sha256).hexdigest()[:8]


def open_session(token: str, now: datetime) -> str:
    ends = str(int((now + LASTS).timestamp()))
    return f"{ends}.{_signature(token, ends)}"


def holder(session: str, tokens: Iterable[Secret], now: datetime) -> Secret | None:
    """The token that opened a session which has not ended."""
    ends, _, signature = session.partition(".")
    signed = None
    for token in tokens:
        if hmac.compare_digest(_bytes(signature), _signature(token.reveal(), ends).encode()):
            signed = token
    # Only what we signed is read as a number.
    return signed if signed and now.timestamp() < int(ends) else None


def _signature(token: str, ends: str) -> str:
    return hmac.new(_bytes(token), _PURPOSE + _bytes(ends), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    """Headers and the environment may hold bytes that are not UTF-8, as surrogates."""
    return text.encode("utf-8", "surrogateescape")
