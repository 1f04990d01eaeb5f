"""What a message says of the incidents with the same cause, and what it leaves to them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.delivery.relatives import told_here
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import Finding, Incident, Related, Relative, Verdict
from tests.delivery.builders import (
    DIAGNOSIS,
    SHARED,
    SHARED_DIAGNOSIS,
    a_relative,
    an_incident,
    diagnosed,
    following,
    leading,
)
from tests.delivery.conftest import layouts_in

OTHER = replace(SHARED, cause="bad-image", root="secret/pull")
OWN = replace(SHARED, cause="node-pressure", root="")


def incident(
    *findings: Finding, follows: Sequence[Relative] = (), leads: Sequence[Relative] = ()
) -> Incident:
    found = diagnosed(an_incident(), replace(DIAGNOSIS, findings=findings))
    return replace(found, related=Related(tuple(follows), tuple(leads)))


ELSEWHERE = (a_relative(1),)


@pytest.mark.parametrize(
    ("told", "of"),
    [
        ([SHARED, OWN], incident(SHARED, OWN)),
        ([SHARED], incident(SHARED, leads=(a_relative(1),))),
        ([], incident(SHARED, follows=ELSEWHERE)),
        ([OWN], incident(SHARED, OWN, follows=ELSEWHERE)),
        ([], incident(SHARED, replace(OWN, verdict=Verdict.LIKELY), follows=ELSEWHERE)),
        ([OTHER], incident(SHARED, OTHER, follows=ELSEWHERE)),
        (
            [replace(OTHER, verdict=Verdict.LIKELY)],
            incident(
                SHARED,
                replace(OTHER, verdict=Verdict.LIKELY),
                follows=ELSEWHERE,
                leads=(a_relative(2, finding=OTHER),),
            ),
        ),
    ],
)
def test_what_a_message_tells_itself(told: list[Finding], of: Incident) -> None:
    assert [finding for _, finding in told_here(of)] == told


def test_a_follower_has_a_line_instead_of_the_fix_and_keeps_its_details() -> None:
    top, detail = layouts_in("en").parts(following(diagnosed(an_incident(), SHARED_DIAGNOSIS)))
    assert "Same cause as shop/service-9" in top.message.text
    assert "Raise the memory limit" not in str(top.message.blocks) + top.message.text
    assert "Raise the memory limit" in detail.message.text


def test_the_leader_names_the_first_and_counts_the_rest() -> None:
    many = leading(diagnosed(an_incident(), SHARED_DIAGNOSIS), 200)
    top, detail = layouts_in("en").parts(many)
    assert "Also 200 incidents with the same cause: shop/service-0, " in top.message.text
    assert "shop/service-4 and 195 more" in top.message.text
    assert "shop/service-5" not in top.message.text
    assert "shop/service-19\nand 180 more" in detail.message.text


def test_a_link_goes_to_the_message_else_to_the_console_else_nowhere(words: Words) -> None:
    relatives = (
        a_relative(1),
        a_relative(2, posted=False),
        replace(a_relative(3), channel="#alerts"),
        replace(a_relative(4), ts="<!channel>"),
        replace(a_relative(5), id="i/5?", ts=""),
    )
    of = incident(SHARED, leads=relatives)
    addresses = [one.address for one in view(of, words, public_url="https://ops.example/").same.leads]
    assert addresses == [
        "https://slack.com/archives/C0123/p1767237120000001",
        "https://ops.example/incidents/r2",
        "https://ops.example/incidents/r3",
        "https://ops.example/incidents/r4",
        "https://ops.example/incidents/i%2F5%3F",
    ]
    assert [one.address for one in view(of, words).same.leads[1:]] == [""] * 4


def test_alone_nothing_is_said(words: Words) -> None:
    assert view(incident(SHARED), words).same.said == ""
