"""Decides whether the Authorization header of a request names one of our tokens. Sans-I/O.

Alertmanager can send a bearer token or basic auth; of the latter the password is the token and the user does not matter.
Every comparison takes the same time, whatever the header holds.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from bot.secret import Secret

CHALLENGE = 'Bearer realm="opsbot", Basic realm="opsbot", charset="UTF-8"'


def authorized(header: str | None, tokens: Iterable[Secret]) -> bool:
    """`header` as aiohttp gives it: bytes that are not UTF-8 are surrogates in it. No tokens, nobody gets in."""
    offered = _offered((header or "").encode("utf-8", "surrogateescape"))
    digest = hashlib.sha256(offered or b"").digest()
    accepted = False
    for token in tokens:  # all of them: the time must not tell which one is right
        accepted |= hmac.compare_digest(digest, _digest(token))
    return accepted and offered is not None


def _digest(token: Secret) -> bytes:
    """Of one length for all. A token from the environment may hold bytes that are not UTF-8, as surrogates."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogateescape")).digest()


def _offered(header: bytes) -> bytes | None:
    scheme, _, credentials = header.strip().partition(b" ")
    credentials = credentials.strip()
    match scheme.lower():
        case b"bearer":
            return credentials or None
        case b"basic":
            return _password(credentials)
        case _:
            return None


def _password(credentials: bytes) -> bytes | None:
    try:
        _, colon, password = base64.b64decode(credentials, validate=True).partition(b":")
    except binascii.Error:
        return None
    return password if colon and password else None
