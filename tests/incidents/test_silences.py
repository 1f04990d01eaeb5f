"""The narrowest matchers of an incident, what they would hide, and what a person may write instead."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.clients.redaction_rules import MARK
from bot.incidents.silences import (
    REDACTED,
    Preview,
    Problem,
    comment,
    mark,
    narrowest,
    overview,
    pinned,
    preview,
    read,
    said,
    written,
)
from bot.matchers import Matcher, match_all, parse_matchers
from bot.model import Alert, Incident
from bot.silence import KnownAlert
from tests.incidents.conftest import an_incident
from tests.incidents.groups import firing, resolved

NASTY = 'a "b", {c}\\d=~".*" =x\né 한글 \u202e'


def incident_of(*alerts: Alert, group: Mapping[str, str] | None = None) -> Incident:
    return replace(an_incident(), alerts=alerts, group_labels=group or {})


def known(alert: Alert, *receivers: str, silenced: bool = False) -> KnownAlert:
    return KnownAlert(alert.fingerprint, alert.labels, receivers or ("opsbot",), silenced)


class TestNarrowest:
    @pytest.mark.parametrize(
        ("alerts", "group", "told"),
        [
            pytest.param(
                [firing("a")],
                {},
                ('alertname="KubePodCrashLooping"', 'namespace="shop"', 'pod="a"', 'severity="warning"'),
                id="of one alert, all it has",
            ),
            pytest.param(
                [firing("a"), firing("b")],
                {"namespace": "shop"},
                ('alertname="KubePodCrashLooping"', 'namespace="shop"', 'severity="warning"'),
                id="what they have in common",
            ),
            pytest.param(
                [
                    firing("a"),
                    firing("b", severity="critical", alertname="Other"),
                    resolved("c", 0, 1, tier="x"),
                ],
                {},
                ('namespace="shop"',),
                id="what is over does not count",
            ),
            pytest.param(
                [firing("a"), firing("b", namespace="other")],
                {"cluster": "prod", "empty": ""},
                ('alertname="KubePodCrashLooping"', 'cluster="prod"', 'severity="warning"'),
                id="the group's labels belong to it",
            ),
            pytest.param(
                [firing("a", namespace=f"x-{REDACTED}", empty="")],
                {},
                ('alertname="KubePodCrashLooping"', 'pod="a"', 'severity="warning"'),
                id="what redaction changed fits no alert, and an empty value says nothing",
            ),
        ],
    )
    def test_it_is(self, alerts: list[Alert], group: dict[str, str], told: tuple[str, ...]) -> None:
        found = narrowest(incident_of(*alerts, group=group))
        assert not isinstance(found, Problem)
        assert written(found) == told
        assert all(match_all(found, {**alert.labels, **group}) for alert in alerts if alert.ends_at is None)

    def test_it_is_never_empty(self) -> None:
        bare = [replace(firing("a"), labels={"a": "1"}), replace(firing("b"), labels={"a": "2"})]
        assert narrowest(incident_of(*bare)) == Problem("nothing_common")
        assert narrowest(incident_of(resolved("a", 0, 1), group={"a": "1"})) == Problem("nothing_fires")

    def test_values_are_told_so_that_they_are_read_as_they_are(self) -> None:
        found = narrowest(incident_of(firing(NASTY)))
        assert not isinstance(found, Problem)
        again = read("\n".join(written(found)))
        assert again == found
        assert Matcher("pod", "=", NASTY) in found

    @pytest.mark.parametrize(
        "name", ["plain_name", "with.dots", "with space", 'a"b\\c', "a=b", "한글", "a'b", "a`b"]
    )
    def test_names_are_told_so_that_they_are_read_as_they_are(self, name: str) -> None:
        matcher = Matcher(name, "=", "x")
        assert parse_matchers(str(matcher)) == (matcher,)

    def test_the_mark_of_redaction_is_the_one_that_redaction_leaves(self) -> None:
        assert REDACTED == MARK


class TestRead:
    def test_one_a_line_or_several(self) -> None:
        found = read('namespace="shop", pod=~"a|b",\n\n  tier!=x\nnamespace="shop"')
        assert not isinstance(found, Problem)
        assert written(found) == ('namespace="shop"', 'pod=~"a|b"', 'tier!="x"')

    def test_what_forms_send(self) -> None:
        found = read('namespace="shop"\r\npod="a\u2028b\x0bc"\r\n')
        assert not isinstance(found, Problem)
        assert [one.value for one in found] == ["shop", "a\u2028b\x0bc"]

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("", "matchers_none"),
            (" \n,\n", "matchers_none"),
            ("everything", "matcher_unclear"),
            ('pod=~"("', "matcher_regex"),
            ('pod=~"((x?){4000}){4000}"', "matcher_regex"),
            ('pod=~"(?=x)x"', "matcher_regex"),
            ('pod="a\nnamespace="b"', "matcher_comma"),
            ('pod=~".*"', "matchers_everything"),
            ('pod!="a",tier!="b"', "matchers_everything"),
            ('pod=""', "matchers_everything"),
        ],
    )
    def test_what_is_not_taken(self, text: str, key: str) -> None:
        found = read(text)
        assert isinstance(found, Problem)
        assert found.key == key


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ('namespace="shop",pod="a"', "shop"),
        ('namespace=~"shop"', ""),
        ('namespace!="shop"', ""),
        ('pod="a"', ""),
        ('exported_namespace="shop"', ""),
    ],
)
def test_what_pins_it_to_one_namespace(text: str, namespace: str) -> None:
    assert pinned(parse_matchers(text)) == namespace


class TestPreview:
    def test_the_surprise_is_told_apart(self) -> None:
        a, b, gone = firing("a"), firing("b"), firing("gone")
        elsewhere = replace(firing("z", namespace="billing"), fingerprint="zz")
        found = preview(
            incident_of(a, b, gone, resolved("c", 0, 1)),
            parse_matchers('severity="warning"'),
            [known(a), known(b, "opsbot", "pager", silenced=True), known(elsewhere, "billing-team")],
        )
        assert found == Preview(
            parse_matchers('severity="warning"'),
            (known(a), known(b, "opsbot", "pager", silenced=True)),
            (known(elsewhere, "billing-team"),),
            missed=1,
            receivers=("billing-team", "pager"),
        )
        assert (found.hidden, found.silenced, found.namespaces) == (3, 1, ("billing", "shop"))

    @pytest.mark.parametrize(
        ("name", "receiver"),
        [
            ("web.hook", r"web\.hook"),
            ("web.hook", "web.hook"),
            ("a+b (c)", r"a\+b \(c\)"),
            ("opsbot", "opsbot"),
        ],
    )
    def test_the_incidents_own_receiver_is_no_surprise(self, name: str, receiver: str) -> None:
        incident = replace(incident_of(firing("a")), receiver=receiver)
        assert preview(incident, (), [known(firing("a"), name, "other")]).receivers == ("other",)

    def test_two_incidents_of_one_group_hide_each_other(self) -> None:
        """Two receivers hear of the same alerts: a silence for one is one for both, and the preview names the other."""
        alert = firing("a")
        heard = [known(alert, "opsbot", "opsbot-critical")]
        one = preview(replace(incident_of(alert), receiver="opsbot"), (), heard)
        other = preview(replace(incident_of(alert), receiver="opsbot-critical"), (), heard)
        assert (one.here, one.others, one.receivers) == (tuple(heard), (), ("opsbot-critical",))
        assert (other.here, other.others, other.receivers) == (tuple(heard), (), ("opsbot",))

    def test_an_alert_without_a_fingerprint_is_nobodys(self) -> None:
        bare = replace(firing("a"), fingerprint="")
        assert len(preview(incident_of(bare), (), [known(bare)]).others) == 1


def test_the_first_few_are_told_by_what_tells_them_apart() -> None:
    told = overview([known(firing(name)) for name in ("a", "b\n\u202ec", "d")], 2)
    assert told == (
        "alertname=KubePodCrashLooping, namespace=shop, pod=a",
        "alertname=KubePodCrashLooping, namespace=shop, pod=b c",
    )


def test_a_comment_says_why_who_and_where_and_can_be_found() -> None:
    told = comment(said(" deploy\nunder way\x1b[31m "), "ada", "https://ops.example/incidents/i1", "a1b2")
    assert told == "deploy under way (ada, https://ops.example/incidents/i1) [opsbot:a1b2]"
    assert mark("a1b2") in comment(said("x" * 5000), "ada", "i1", "a1b2")
    assert len(comment(said("x" * 5000), "ada", "i1", "a1b2")) < 1100
    assert comment("", "ada", "i1", "a1b2").startswith("- (ada")
