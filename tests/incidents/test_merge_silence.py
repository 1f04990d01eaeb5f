"""What is not said: incidents that fall silent, and alerts that vanish from the accounts of their group."""

from datetime import timedelta

from bot.incidents.merge import MergeReason, mark_stale
from bot.model import IncidentState
from tests.incidents.groups import Story, at, body, firing, resolved


def test_a_silent_incident_becomes_stale_not_green() -> None:
    story = Story()
    story.hears(body(firing("a")), 0)
    assert mark_stale(story.now, at(59), timedelta(hours=1)) is None
    stale = mark_stale(story.now, at(60), timedelta(hours=1))
    assert stale is not None
    assert (stale.state, stale.closed_at, stale.revision) == (IncidentState.STALE, None, 1)
    assert mark_stale(stale, at(600), timedelta(hours=1)) is None


def test_a_closed_incident_does_not_become_stale() -> None:
    story = Story()
    story.hears(body(firing("a")), 0)
    story.hears(body(resolved("a", 0, 2)), 3)
    assert mark_stale(story.now, at(9_999), timedelta(hours=1)) is None


def test_news_of_a_stale_incident() -> None:
    story = Story()
    story.hears(body(firing("a")), 0)
    story.incident = stale = mark_stale(story.now, at(60), timedelta(hours=1))
    assert story.hears(body(resolved("a", -9, -5)), 61).reason is MergeReason.STALE_DUPLICATE
    revived = story.hears(body(firing("a")), 62)
    assert (revived.reason, revived.changed, story.now.state) == (
        MergeReason.REVIVED,
        True,
        IncidentState.FIRING,
    )
    story.incident = stale
    assert story.hears(body(resolved("a", 0, 30)), 62).reason is MergeReason.ALL_RESOLVED


def test_an_alert_that_vanished_is_closed_by_the_last_complete_account() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 1)
    story.hears(body(firing("b")), 6)
    assert story.states == {"a": "firing", "b": "firing"}, "not declared over while the group fires"
    merged = story.hears(body(resolved("b", 0, 9)), 10)
    assert (merged.reason, merged.alerts_changed) == (MergeReason.ALL_RESOLVED, ("a", "b"))
    assert (story.now.gone, story.now.state, story.now.closed_at) == (("a",), IncidentState.RESOLVED, at(9))


def test_what_was_only_concluded_gives_way_to_what_is_said() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 1)
    story.hears(body(resolved("b", 0, 9)), 10)
    story.hears(body(resolved("a", 0, 7), firing("b")), 10.1)
    assert (story.now.gone, story.now.state) == ((), IncidentState.RESOLVED)
    assert {alert.fingerprint: alert.ends_at for alert in story.now.alerts} == {"a": at(7), "b": at(9)}


def test_an_alert_thought_gone_that_fires_is_believed_at_once() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 1)
    story.hears(body(resolved("b", 0, 9)), 10)
    assert story.hears(body(firing("a")), 10.5).reason is MergeReason.REOPENED
    assert (story.now.gone, story.states) == ((), {"a": "firing", "b": "resolved"})


def test_an_account_from_before_an_alert_began_does_not_close_it() -> None:
    story = Story()
    story.hears(body(firing("b")), 1)
    story.hears(body(firing("a", 8.5)), 9.1)
    story.hears(body(resolved("b", 0, 9)), 9.2)
    assert story.states == {"a": "firing", "b": "resolved"}


def test_a_truncated_account_closes_nothing_it_does_not_name() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 1)
    merged = story.hears(body(resolved("b", 0, 9), truncated=1), 10)
    assert (merged.reason, story.now.state, story.now.truncated) == (
        MergeReason.SOME_RESOLVED,
        IncidentState.FIRING,
        1,
    )


def test_a_resolve_of_one_alert_does_not_vouch_for_another_that_is_silent() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 0)
    story.incident = mark_stale(story.now, at(60), timedelta(hours=1))
    merged = story.hears(body(resolved("a", 0, 30), truncated=1), 61)
    assert (merged.reason, story.now.state) == (MergeReason.SOME_RESOLVED, IncidentState.STALE)
