"""Who leads, who follows, and whose message a change makes another one."""

from dataclasses import replace

import pytest

from bot.incidents.correlate import Kin, Member, related, told_anew, troubles_of
from bot.model import Diagnosis, Finding, IncidentState, Related, Relative, Target, Verdict
from tests.incidents.conftest import START, an_incident

ROOT = "configmap/shared-config DB_USER"
FOUND = Finding("db", "db-user-overridden", Verdict.CONFIRMED, root=ROOT)
A, B, C = (Member(number, name, f"shop/{name}") for number, name in enumerate("abc"))


def diagnosis(*findings: Finding, name: str = "board") -> Diagnosis:
    return Diagnosis(Target("prod", "shop", "Deployment", name), ("db",), findings, at=START)


class TestTroubles:
    def test_one_cause_with_one_root_is_one_trouble(self) -> None:
        likely = replace(FOUND, verdict=Verdict.LIKELY, facts={"user": "x"})
        assert FOUND.trouble == likely.trouble != ""

    @pytest.mark.parametrize(
        "other",
        [
            replace(FOUND, root="configmap/other DB_USER"),
            replace(FOUND, cause="db-missing"),
            replace(FOUND, runbook="another"),
        ],
    )
    def test_anything_else_is_another(self, other: Finding) -> None:
        assert other.trouble not in {"", FOUND.trouble}

    @pytest.mark.parametrize(
        "own",
        [
            replace(FOUND, root=""),
            replace(FOUND, verdict=Verdict.RULED_OUT),
            replace(FOUND, verdict=Verdict.NOT_CHECKED),
        ],
    )
    def test_what_is_its_own_or_not_found_is_none(self, own: Finding) -> None:
        assert own.trouble == ""
        assert troubles_of(replace(an_incident(), diagnoses=(diagnosis(own),))) == {}

    def test_any_text_of_a_root_will_do(self) -> None:
        assert len(replace(FOUND, root="\x00\udcff" * 10_000).trouble) == 64

    def test_an_incident_has_those_of_all_its_targets_named_by_the_first(self) -> None:
        other = replace(FOUND, root="secret/db")
        incident = replace(
            an_incident(),
            diagnoses=(diagnosis(FOUND), diagnosis(FOUND, other, name="chat")),
        )
        assert troubles_of(incident) == {FOUND.trouble: "shop/board", other.trouble: "shop/chat"}

    @pytest.mark.parametrize("state", [IncidentState.RESOLVED, IncidentState.STALE])
    def test_only_what_fires_is_related(self, state: IncidentState) -> None:
        assert troubles_of(replace(an_incident(), state=state, diagnoses=(diagnosis(FOUND),))) == {}


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ([], [A], ""),
        ([A], [], ""),
        ([A], [A, B], "ab"),
        ([A, B], [A, B, C], "ac"),
        ([B, C], [A, B, C], "abc"),
        ([A, B, C], [B, C], "abc"),
        ([A, B, C], [A, C], "ab"),
        ([A, B], [B], "ab"),
        ([A, B, C], [A, B, C], ""),
        ([A, B, C], [A, B, replace(C, name="shop/renamed")], "a"),
        ([A, B, C], [replace(A, name="shop/renamed"), B, C], "bc"),
    ],
)
def test_those_are_told_anew_whose_message_says_something_else(
    before: list[Member], after: list[Member], anew: str
) -> None:
    assert told_anew(before, after) == set(anew)
    assert told_anew(reversed(before), reversed(after)) == set(anew)


def test_the_first_opened_leads_and_ties_go_by_id() -> None:
    assert min(C, B, A) is A
    assert min(replace(B, opened_at=7), replace(A, opened_at=7)).incident_id == "a"


class TestRelated:
    KIN = (
        Kin("t", "a", "shop/a", "a", "C1", "1.5"),
        Kin("t", "b", "shop/b", "a"),
        Kin("t", "c", "shop/c", "a"),
    )

    def test_the_leader_lists_and_the_others_point(self) -> None:
        leader = Relative("a", "shop/a", ("t",), "C1", "1.5")
        others = (Relative("b", "shop/b", ("t",)), Relative("c", "shop/c", ("t",)))
        assert related(["a", "b", "alone"], self.KIN) == {
            "a": Related(leads=others),
            "b": Related(follows=(leader,)),
            "alone": Related(),
        }

    def test_an_incident_that_shares_two_troubles_is_one(self) -> None:
        kin = (*self.KIN, Kin("s", "a", "shop/a", "a", "C1", "1.5"), Kin("s", "b", "shop/b", "a"))
        found = related(["a", "b"], kin)
        assert [one.id for one in found["a"].leads] == ["b", "c"]
        assert found["a"].leads[0].troubles == ("s", "t")
        assert found["b"].follows == (Relative("a", "shop/a", ("s", "t"), "C1", "1.5"),)

    def test_one_may_follow_in_one_trouble_and_lead_in_another(self) -> None:
        kin = (*self.KIN, Kin("s", "b", "shop/b", "b"), Kin("s", "d", "shop/d", "b"))
        found = related(["b"], kin)["b"]
        assert ([one.id for one in found.follows], [one.id for one in found.leads]) == (["a"], ["d"])
