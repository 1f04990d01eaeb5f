"""Is it this container that is refused at all, or does its log tell what happened to somebody else? Pure.

A gateway quotes the error of an upstream, and a program with accounts of its own tells of its users in the same words.
"""

import re
from enum import StrEnum

from bot.diagnosis.database.aftermath import FATAL
from bot.diagnosis.database.login import Login, speaks_of_databases
from bot.diagnosis.database.refusal import Refusal, Trouble
from bot.diagnosis.environment import Environment

# The name of a server or a project behind a user's: of Azure and of Supabase.
_BEHIND = re.compile(r"[@.]")
# Where a login may stand that is in no variable.
_FILES = ("secret/", "configmap/")


class Doubt(StrEnum):
    """Why a refusal may be somebody else's; the words are in templates/*/crashloop_db_auth.yaml."""

    NONE = ""
    QUOTED = "quoted"
    NO_SETTING = "no-setting"
    OTHER_USER = "other-user"
    UNNAMED = "unnamed"


def doubt_of(
    refusal: Refusal,
    environment: Environment | None,
    login: Login | None,
    mounts: tuple[str, ...],
    *,
    ships: bool,
) -> Doubt:
    if refusal.guessed:
        return Doubt.UNNAMED
    if _its_own(refusal, login):
        return Doubt.NONE
    if ships or refusal.quoted:
        return Doubt.QUOTED
    if refusal.trouble is Trouble.NETWORK or environment is None:
        return Doubt.NONE
    # Who is told that a password is missing is likely to have none in its settings.
    if (
        refusal.fact("password") != "NO"
        and refusal.line.id != "redis-noauth"
        and not _may_log_in(environment, login, mounts)
    ):
        return Doubt.NO_SETTING
    return Doubt.OTHER_USER if _of_another(refusal, login) else Doubt.NONE


def dismisses(refusal: Refusal, doubt: Doubt) -> bool:
    """Whether what follows settles the doubt: the container has a trouble of its own. A name that nobody knows is settled by
    what ends a process alone.
    """
    if doubt is Doubt.NONE or refusal.then is None:
        return False
    return doubt is not Doubt.OTHER_USER or refusal.then.strength >= FATAL


def _its_own(refusal: Refusal, login: Login | None) -> bool:
    known = login.user.value if login is not None and login.user is not None else None
    named = refusal.fact("user")
    return bool(named and known) and _same(known or "", named)


def _may_log_in(environment: Environment, login: Login | None, mounts: tuple[str, ...]) -> bool:
    found = login is not None and any((login.user, login.password, login.url, login.host))
    return found or speaks_of_databases(environment) or any(mount.startswith(_FILES) for mount in mounts)


def _of_another(refusal: Refusal, login: Login | None) -> bool:
    user = login.user if login is not None else None
    named = refusal.fact("user")
    if refusal.trouble is not Trouble.LOGIN or user is None or user.value is None or not named:
        return False
    return not user.variable.doubts and not user.variable.literal and not _same(user.value, named)


def _same(known: str, named: str) -> bool:
    return named.casefold() in {known.casefold(), _BEHIND.split(known.casefold())[0]}
