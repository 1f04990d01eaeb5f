"""The life of an incident as tables: what each body does to it, and that nothing is red, green or doubled by mistake."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.incidents.merge import MergeOptions, MergeReason
from bot.ingest.alertmanager import parse
from bot.model import AlertGroup, IncidentState
from tests.incidents.groups import Story, at, body, firing, resolved

SAMPLES = Path(__file__).parents[1] / "samples" / "alertmanager"


def sample(name: str) -> AlertGroup:
    return parse((SAMPLES / f"{name}.json").read_bytes())


def test_first_firing_body_opens_an_incident() -> None:
    story = Story()
    merged = story.hears(body(firing("web-0", 3), firing("web-1", 1)), 5)
    incident = story.now
    assert (merged.reason, merged.changed) == (MergeReason.FIRST, True)
    assert merged.alerts_changed == ("web-0", "web-1")
    assert (incident.id, incident.cluster, incident.receiver, incident.group_key) == (
        "i1",
        "prod",
        "opsbot",
        "{}:{x}",
    )
    assert (incident.state, incident.opened_at, incident.heard_at) == (IncidentState.FIRING, at(1), at(5))
    assert [alert.fingerprint for alert in incident.alerts] == ["web-1", "web-0"]
    assert incident.common_annotations == {"summary": "broken"}


def test_the_same_body_again_is_a_repeat_and_changes_nothing_but_when_we_heard() -> None:
    story = Story()
    story.hears(body(firing("web-0")), 1)
    before = story.now
    merged = story.hears(body(firing("web-0"), external_url="http://the-other-of-the-pair"), 2)
    assert (merged.reason, merged.changed, merged.alerts_changed) == (MergeReason.REPEAT, False, ())
    assert story.now == replace(before, heard_at=at(2))


def test_a_late_retry_does_not_turn_back_when_we_heard() -> None:
    story = Story()
    story.hears(body(firing("web-0")), 9)
    story.hears(body(firing("web-0")), 2)
    assert story.now.heard_at == at(9)


def test_alerts_join_resolve_one_by_one_and_the_last_closes() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    joined = story.hears(body(firing("a"), firing("b", 4)), 5)
    assert (joined.reason, joined.alerts_changed) == (MergeReason.NEW_ALERTS, ("b",))
    some = story.hears(body(resolved("a", 0, 8), firing("b", 4)), 10)
    assert (some.reason, some.alerts_changed) == (MergeReason.SOME_RESOLVED, ("a",))
    assert (story.now.state, story.now.closed_at) == (IncidentState.FIRING, None)
    done = story.hears(body(resolved("b", 4, 12)), 15)
    assert done.reason is MergeReason.ALL_RESOLVED
    assert (story.now.state, story.now.closed_at, story.now.revision) == (IncidentState.RESOLVED, at(12), 3)


def test_worse_news_names_a_body_that_brings_several() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    merged = story.hears(body(resolved("a", 0, 2), firing("b", 2)), 3)
    assert (merged.reason, merged.alerts_changed) == (MergeReason.NEW_ALERTS, ("a", "b"))


def test_firing_after_resolved_of_the_same_start_is_a_late_delivery() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 3)
    before = story.now
    late = story.hears(body(firing("a")), 7.9)
    assert (late.reason, late.changed) == (MergeReason.STALE_DUPLICATE, False)
    assert story.now == before, "not even a sign of life"


def test_firing_of_the_same_start_long_after_its_resolve_is_a_return() -> None:
    story = Story()
    story.hears(body(firing("a"), firing("b")), 1)
    story.hears(body(resolved("a", 0, 2), firing("b")), 3)
    back = story.hears(body(firing("a"), firing("b")), 8.1)
    assert (back.reason, back.alerts_changed) == (MergeReason.REFIRED, ("a",))
    assert story.states == {"a": "firing", "b": "firing"}


def test_a_repeated_resolve_does_not_prolong_the_wait_for_late_deliveries() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 3)
    story.hears(body(resolved("a", 0, 2)), 8)
    assert story.hears(body(firing("a")), 8.1).reason is MergeReason.REOPENED


def test_a_retried_job_is_judged_by_when_its_body_came() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 30)
    assert story.hears(body(firing("a")), 1).reason is MergeReason.STALE_DUPLICATE


def test_a_newer_start_wins_and_an_older_one_is_stale() -> None:
    story = Story()
    story.hears(body(firing("a", 0)), 1)
    assert story.hears(body(firing("a", 20)), 21).reason is MergeReason.REFIRED
    stale = story.hears(body(resolved("a", 0, 10)), 22)
    assert (stale.reason, stale.changed, story.states) == (
        MergeReason.STALE_DUPLICATE,
        False,
        {"a": "firing"},
    )


def test_a_resolve_that_began_earlier_but_ends_later_covers_what_we_hold() -> None:
    """Two Prometheus servers start an alert seconds apart, and Alertmanager merges them to the earlier start."""
    story = Story()
    story.hears(body(firing("a", 0.3)), 1)
    again = story.hears(body(firing("a", 0.0)), 2)
    assert (again.reason, story.now.heard_at) == (MergeReason.STALE_DUPLICATE, at(2))
    assert story.hears(body(resolved("a", 0.0, 5)), 6).reason is MergeReason.ALL_RESOLVED


def test_firing_soon_after_the_end_reopens_the_same_incident() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 7)
    merged = story.hears(body(firing("a", 20)), 21)
    assert (merged.reason, story.now.id, story.now.reopened) == (MergeReason.REOPENED, "i1", 1)
    assert (story.now.state, story.now.closed_at, story.now.opened_at) == (IncidentState.FIRING, None, at(0))


def test_firing_long_after_the_end_is_a_new_incident() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 7)
    merged = story.hears(body(firing("a", 22), resolved("b", 21, 21.5)), 22.5)
    assert (merged.reason, story.now.id, story.now.opened_at) == (MergeReason.FIRST, "i2", at(22))
    assert (story.now.revision, story.now.reopened, story.states) == (
        0,
        0,
        {"a": "firing", "b": "resolved"},
    )


def test_a_flapping_alert_stays_one_incident() -> None:
    story = Story()
    for flap in range(20):
        story.hears(body(firing("a", flap * 10)), flap * 10 + 0.5)
        story.hears(body(resolved("a", flap * 10, flap * 10 + 5)), flap * 10 + 5.5)
    assert (story.now.id, story.now.reopened, story.now.state) == ("i1", 19, IncidentState.RESOLVED)


@pytest.mark.parametrize("minute", [3, 60])
def test_what_was_over_before_we_heard_of_it_is_a_resolved_incident(minute: float) -> None:
    story = Story()
    merged = story.hears(body(resolved("a", 0, 2)), minute)
    assert (merged.reason, merged.changed) == (MergeReason.RESOLVED_UNKNOWN, True)
    assert (story.now.state, story.now.closed_at) == (IncidentState.RESOLVED, story.now.alerts[0].ends_at)


def test_a_firing_report_that_its_resolve_overtook_opens_nothing() -> None:
    story = Story()
    story.hears(body(resolved("a", 0, 2)), 3)
    merged = story.hears(body(firing("a", 0)), 3.5)
    assert (merged.reason, story.now.state) == (MergeReason.STALE_DUPLICATE, IncidentState.RESOLVED)


def test_a_resolve_that_was_told_long_ago_makes_no_incident() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    story.hears(body(resolved("a", 0, 2)), 3)
    merged = story.hears(body(resolved("a", 0, 2)), 60)
    assert (merged.incident, merged.reason) == (None, MergeReason.STALE_DUPLICATE)


def test_a_first_body_with_both_holds_both() -> None:
    story = Story()
    story.hears(body(resolved("a", 0, 2), firing("b", 1)), 3)
    assert story.states == {"a": "resolved", "b": "firing"}
    assert story.now.opened_at == at(1), "the age of what fires"


def test_other_words_are_a_change_that_a_reader_sees() -> None:
    story = Story()
    story.hears(body(firing("a", says="1 restart")), 1)
    merged = story.hears(body(firing("a", says="9 restarts")), 2)
    assert (merged.reason, merged.alerts_changed, story.now.revision) == (MergeReason.CHANGED, ("a",), 1)
    assert story.now.common_annotations == {"summary": "9 restarts"}


def test_another_generator_url_is_no_change() -> None:
    story = Story()
    story.hears(body(firing("a")), 1)
    other = replace(firing("a"), generator_url="http://prometheus-1/graph")
    assert story.hears(body(other), 2).reason is MergeReason.REPEAT


def test_common_annotations_are_those_of_what_fires() -> None:
    story = Story()
    story.hears(body(firing("a", says="one"), firing("b", says="two")), 1)
    assert story.now.common_annotations == {}
    story.hears(body(resolved("a", 0, 2, says="one"), firing("b", says="two")), 3)
    assert story.now.common_annotations == {"summary": "two"}


def test_a_truncated_group_as_a_real_alertmanager_sent_it() -> None:
    story = Story()
    story.hears(sample("truncated-2-of-5-firing"), 0)
    assert (story.now.state, story.now.truncated, len(story.now.alerts)) == (IncidentState.FIRING, 3, 2)
    story.hears(sample("truncated-2-of-5-resolved"), 5)
    assert (story.now.state, story.now.truncated) == (IncidentState.RESOLVED, 3)


def test_more_hidden_alerts_are_a_change() -> None:
    story = Story()
    story.hears(body(firing("a"), truncated=3), 1)
    assert story.hears(body(firing("a"), truncated=4), 2).reason is MergeReason.CHANGED


def test_a_grouped_story_as_a_real_alertmanager_sent_it() -> None:
    story = Story()
    bodies = ("grouped-6-firing", "grouped-mixed-3-resolved-3-firing", "grouped-3-resolved")
    reasons = [story.hears(sample(name), minute).reason for minute, name in enumerate(bodies)]
    assert reasons == [MergeReason.FIRST, MergeReason.SOME_RESOLVED, MergeReason.ALL_RESOLVED]
    assert list(story.states.values()) == ["resolved"] * 6


@pytest.mark.parametrize(
    "start",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)],
)
def test_an_absurd_start_opens_now_and_still_resolves(start: datetime) -> None:
    story = Story()
    story.hears(body(replace(firing("a"), starts_at=start)), 5)
    assert story.now.opened_at == at(5)
    story.hears(body(replace(resolved("a", 0, 8), starts_at=start)), 9)
    assert story.now.state is IncidentState.RESOLVED
    assert story.now.closed_at is not None
    assert at(5) <= story.now.closed_at <= at(9)


def test_the_end_is_never_before_the_opening_nor_after_now() -> None:
    story = Story()
    story.hears(body(firing("a", 1)), 2)
    story.hears(body(replace(resolved("a", 1, 0), ends_at=None)), 3)
    assert story.now.closed_at == at(3)
    story = Story()
    story.hears(body(firing("a", 1)), 2)
    story.hears(body(resolved("a", 1, 600)), 3)
    assert story.now.closed_at == at(3)


def test_one_body_that_says_both_of_one_alert_resolves_it() -> None:
    for alerts in ((firing("a"), resolved("a", 0, 1)), (resolved("a", 0, 1), firing("a"))):
        story = Story()
        story.hears(body(firing("a")), 0.5)
        story.hears(body(*alerts), 2)
        assert story.states == {"a": "resolved"}


def test_memory_is_bounded_and_resolved_alerts_go_first() -> None:
    story = Story(MergeOptions(max_alerts=3))
    story.hears(body(firing("a"), firing("b")), 1)
    story.hears(body(resolved("a", 0, 2), resolved("b", 0, 3), firing("c", 3), firing("d", 3)), 4)
    assert story.states == {"c": "firing", "d": "firing", "b": "resolved"}
    assert set(story.now.resolves_heard) == {"b"}


def test_firing_alerts_beyond_the_bound_are_counted_and_stay_a_repeat() -> None:
    story = Story(MergeOptions(max_alerts=3))
    crowd = body(*(firing(f"p{number}") for number in range(5)), truncated=1)
    story.hears(crowd, 1)
    assert (len(story.now.alerts), story.now.truncated) == (3, 3)
    assert story.hears(crowd, 2).reason is MergeReason.REPEAT
    story.hears(body(*(resolved(f"p{number}", 0, 5) for number in range(5))), 6)
    assert (story.now.state, story.now.truncated) == (IncidentState.RESOLVED, 0)


def test_two_thousand_alerts_merge_fast() -> None:
    story = Story()
    before = body(*(firing(f"p{number}") for number in range(2_000)))
    after = body(*(resolved(f"p{number}", 0, 5) for number in range(2_000)))
    story.hears(before, 1)
    began = time.thread_time()
    story.hears(before, 2)
    story.hears(after, 6)
    assert time.thread_time() - began < 0.1
    assert story.now.state is IncidentState.RESOLVED
