"""Merging is a join: whatever order and number of deliveries a history's bodies take, the end is the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents.merge import MergeReason
from bot.model import Alert, AlertGroup, IncidentState
from tests.incidents.groups import Story, body, firing, resolved

PODS = ("a", "b", "c", "d")


@dataclass
class Group:
    """What Alertmanager does with one group: it lists what fires and what has resolved since it last told."""

    started: dict[str, float] = field(default_factory=dict)
    ended: dict[str, Alert] = field(default_factory=dict)
    truth: dict[str, Alert] = field(default_factory=dict)

    def toggle(self, pod: str, minute: float) -> None:
        if pod in self.started:
            self.ended[pod] = resolved(pod, self.started.pop(pod), minute)
        else:
            self.started[pod] = minute
            self.ended.pop(pod, None)

    def flush(self) -> AlertGroup | None:
        told = {pod: firing(pod, start) for pod, start in self.started.items()} | self.ended
        self.ended.clear()
        self.truth |= told
        return body(*told.values()) if told else None


@dataclass(frozen=True)
class History:
    bodies: tuple[tuple[float, AlertGroup], ...]
    truth: Mapping[str, Alert]
    end: float


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Begins with something that fires: of an end alone nobody is told."""
    group = Group()
    bodies: list[tuple[float, AlertGroup]] = []
    minute = 0.0
    group.toggle(draw(st.sampled_from(PODS)), minute)
    for toggled in draw(st.lists(st.sets(st.sampled_from(PODS)), min_size=1, max_size=6)):
        told = group.flush()
        if told:
            bodies.append((minute + 0.1, told))
        minute += draw(st.sampled_from([0.5, 1.5, 6.0, 30.0]))
        for pod in sorted(toggled):
            group.toggle(pod, minute)
    told = group.flush()
    if told:
        bodies.append((minute + 0.1, told))
    return History(tuple(bodies), group.truth, minute)


def held(story: Story) -> Mapping[str, tuple[object, ...]]:
    return {a.fingerprint: (a.status, a.starts_at, a.ends_at) for a in story.now.alerts}


def expected(truth: Mapping[str, Alert]) -> Mapping[str, tuple[object, ...]]:
    return {pod: (a.status, a.starts_at, a.ends_at) for pod, a in truth.items()}


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_any_order_and_number_of_deliveries_ends_in_the_truth(history: History, data: st.DataObject) -> None:
    first, *others = (told for _, told in history.bodies)
    repeated = data.draw(st.lists(st.sampled_from([first, *others]), max_size=4))
    story = Story()
    for second, told in enumerate([first, *data.draw(st.permutations([*others, *repeated]))]):
        story.hears(told, history.end + 1 + second / 60)
    assert held(story) == expected(history.truth)
    assert (story.now.state is IncidentState.FIRING) == bool(story.now.firing)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_each_body_of_a_history_in_its_time_ends_in_the_truth_and_repeats_change_nothing(
    history: History,
) -> None:
    story = Story()
    for minute, told in history.bodies:
        story.hears(told, minute)
        before = story.now
        again = story.hears(told, minute + 0.05)
        assert not again.changed
        assert again.reason in {
            MergeReason.REPEAT,
            MergeReason.STALE_DUPLICATE,
            MergeReason.RESOLVED_UNKNOWN,
        }
        assert (story.now.revision, story.now.alerts) == (before.revision, before.alerts)
    truth = expected(history.truth)
    assert held(story).items() <= truth.items()
    fires = {pod for pod, alert in history.truth.items() if alert.ends_at is None}
    assert fires == {alert.fingerprint for alert in story.now.firing}
    assert (story.now.state is IncidentState.FIRING) == bool(fires)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_the_revision_grows_exactly_when_a_reader_would_see_a_change(history: History) -> None:
    story = Story()
    story.hears(history.bodies[0][1], history.bodies[0][0])
    for minute, told in history.bodies[1:]:
        before = story.now
        merged = story.hears(told, minute)
        visible = (story.now.id, story.now.state, story.now.alerts) != (
            before.id,
            before.state,
            before.alerts,
        )
        assert merged.changed == visible
        if story.now.id == before.id:
            assert story.now.revision == before.revision + visible
