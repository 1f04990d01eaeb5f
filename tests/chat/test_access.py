"""Who may, from where, and see what; and what a refusal gives away."""

from collections.abc import Mapping

import pytest

from bot.chat.access import Gate, Members, Rules
from bot.chat.ports import EVERYWHERE, Refusal
from tests.delivery.conftest import words_in

ALERTS, SHOP, OTHER, DM = "C0ALERTS", "C0SHOP", "C0OTHER", "D0ADA"
CHANNELS: Mapping[str, tuple[str, ...]] = {ALERTS: ("*",), SHOP: ("shop", "wealist-*", "team-?")}
MEMBERS: Members = {"S1": frozenset({"U3", "U4"}), "S2": frozenset({"U5"})}
FREE = Rules()
USERS = Rules(users=frozenset({"U1", "U2"}), ask="@platform-team")
GROUPS = Rules(users=frozenset({"U1"}), groups=frozenset({"S1", "S2"}))
PLACES = Rules(channels=CHANNELS)
ALL = Rules(frozenset({"U1"}), frozenset({"S1"}), {**CHANNELS, "direct": ("shop",)}, "@platform-team")


def key(refusal: Refusal | None) -> str:
    return refusal.key if refusal else ""


@pytest.mark.parametrize(
    ("rules", "user", "channel", "namespace", "refused"),
    [
        # nothing is configured
        (FREE, "U9", OTHER, "shop", ""),
        (FREE, "U9", OTHER, EVERYWHERE, ""),
        (FREE, "U9", DM, "shop", ""),
        # people
        (USERS, "U1", OTHER, "shop", ""),
        (USERS, "U9", OTHER, "shop", "user"),
        (USERS, "", OTHER, "shop", "user"),
        (USERS, "u1", OTHER, "shop", "user"),
        (USERS, "U3", OTHER, "shop", "user"),
        (GROUPS, "U1", OTHER, "shop", ""),
        (GROUPS, "U4", OTHER, "shop", ""),
        (GROUPS, "U5", OTHER, "shop", ""),
        (GROUPS, "U9", OTHER, "shop", "user"),
        # places
        (PLACES, "U9", ALERTS, "shop", ""),
        (PLACES, "U9", ALERTS, EVERYWHERE, ""),
        (PLACES, "U9", SHOP, "", ""),
        (PLACES, "U9", SHOP, "shop", ""),
        (PLACES, "U9", SHOP, "wealist-prod", ""),
        (PLACES, "U9", SHOP, "team-a", ""),
        (PLACES, "U9", SHOP, "shop2", "namespace"),
        (PLACES, "U9", SHOP, "wealist", "namespace"),
        (PLACES, "U9", SHOP, "SHOP", "namespace"),
        (PLACES, "U9", SHOP, EVERYWHERE, "namespace"),
        (PLACES, "U9", OTHER, "shop", "channel"),
        (PLACES, "U9", OTHER, "", "channel"),
        (PLACES, "U9", "", "shop", "channel"),
        (PLACES, "U9", DM, "shop", "direct"),
        (PLACES, "U9", "direct", "shop", "channel"),
        # all of it
        (ALL, "U1", DM, "shop", ""),
        (ALL, "U3", DM, "shop", ""),
        (ALL, "U1", DM, "blog", "namespace"),
        (ALL, "U9", DM, "shop", "user"),
        (ALL, "U9", ALERTS, "shop", "user"),
        (ALL, "U3", OTHER, "shop", "channel"),
    ],
)
def test_may(rules: Rules, user: str, channel: str, namespace: str, refused: str) -> None:
    assert key(Gate(rules, lambda: MEMBERS).may(user, channel, "diagnose", namespace)) == refused


def test_a_glob_of_one_character_does_not_see_everything() -> None:
    assert key(Rules(channels={SHOP: ("?",)}).may("U1", {}, SHOP, "diagnose", EVERYWHERE)) == "namespace"


def test_help_is_for_everybody() -> None:
    assert ALL.may("U9", MEMBERS, OTHER, "help", "") is None


@pytest.mark.parametrize(("channel", "refused"), [(ALERTS, ""), (SHOP, "whole"), (OTHER, "channel")])
def test_what_tells_of_everything_is_for_who_sees_everything(channel: str, refused: str) -> None:
    assert key(PLACES.may("U1", {}, channel, "check", "")) == refused
    assert FREE.may("U1", {}, channel, "check", "") is None


def test_members_that_are_not_known_let_nobody_in_but_say_so() -> None:
    unknown: Members = {"S1": frozenset({"U3"}), "S2": None}
    assert key(GROUPS.may("U3", unknown, OTHER, "diagnose", "")) == ""
    assert key(GROUPS.may("U1", unknown, OTHER, "diagnose", "")) == "", "by name"
    assert key(GROUPS.may("U5", unknown, OTHER, "diagnose", "")) == "members"
    assert key(GROUPS.may("U5", {}, OTHER, "diagnose", "")) == "members"


def test_what_is_not_there_and_what_may_not_be_seen_are_refused_alike() -> None:
    """Nothing of what was asked for is in the answer, and no namespace but those that the channel sees."""
    refusals = [
        PLACES.may("U1", {}, SHOP, "diagnose", name) for name in ("billing", "no-such-thing", EVERYWHERE)
    ]
    assert refusals[0] is not None
    assert refusals == [Refusal("namespace", {"ask": "", "namespaces": "shop, wealist-*, team-?"})] * 3


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("ask", ["", "@platform-team"])
@pytest.mark.parametrize("refused", ["user", "members", "channel", "direct", "namespace", "whole"])
def test_every_refusal_is_worded_and_says_whom_to_ask(language: str, ask: str, refused: str) -> None:
    words = words_in(language)
    source = words.dictionary.find("chat", "refusals", refused)
    assert source is not None
    said = words.render(str(source), {"ask": ask, "namespaces": "shop, wealist-*"})
    told = ask or {"en": "whoever runs", "ko": "운영자"}[language]
    assert told in said
