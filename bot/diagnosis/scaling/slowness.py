"""Why an autoscaler keeps more replicas than it should: its behaviour, a metric, its window, its bounds. Pure judges."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.diagnosis.evidence import Condition
from bot.diagnosis.findings import Answer
from bot.diagnosis.happenings import last_time
from bot.diagnosis.observations import instant
from bot.diagnosis.scaling.fixes import drop_metric, raise_maximum, speed_up
from bot.diagnosis.scaling.shown import (
    behaviour,
    events,
    history_chart,
    policy_rows,
    scale_down_chart,
    state,
    times,
    wish_row,
)
from bot.diagnosis.scaling.situation import Situation
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix

_STABILIZED = "ScaleDownStabilized"
_RATE_LIMITED = "ScaleDownLimit"


def behavior_too_slow(situation: Situation, answer: Answer) -> Finding:
    facts = situation.facts
    instead = _instead(situation)
    if instead:
        return answer.ruled_out({**facts, "why": instead}, [state(situation)])
    if situation.wanted is None:
        return answer.not_checked(situation.gap)
    if not situation.waits:
        return answer.ruled_out({**facts, "why": "nothing-waits"}, [state(situation)])
    comparison = situation.comparison
    down = situation.behaviour.down
    limited = situation.condition("ScalingLimited")
    facts = {
        **facts,
        **times(comparison),
        "window": down.window,
        "select": down.select,
        "policies": policy_rows(down),
        "limited_now": limited is not None and limited.reason == _RATE_LIMITED,
    }
    seen = [state(situation), behaviour(situation), *events(situation)]
    if not comparison.slow:
        return answer.ruled_out({**facts, "why": "quick-enough"}, seen)
    found = answer.confirmed(facts, seen, speed_up(situation))
    return replace(found, charts=(scale_down_chart(situation, comparison), *history_chart(situation)))


def metric_holds_it_up(situation: Situation, answer: Answer) -> Finding:
    tally, holder = situation.tally, situation.tally.holder
    facts: Facts = {**situation.facts, "at_maximum": situation.at_maximum}
    seen = [state(situation), *events(situation)]
    if situation.at_minimum or situation.current == 0:
        return answer.ruled_out({**facts, "why": "minimum"}, seen)
    at_most = situation.at_maximum and holder is not None and holder.count >= situation.scaler.maximum
    if holder is None or (tally.unknown and not at_most):
        return answer.not_checked(situation.gap)
    rest = _rest(situation)
    facts = {
        **facts,
        **wish_row(holder, situation.current),
        "others": tuple(wish_row(wish, situation.current) for wish in tally.others),
        "rest": rest,
    }
    if holder.count < situation.current:
        return answer.ruled_out({**facts, "why": "less"}, seen)
    alone = rest is not None and rest < situation.current
    if not alone and not at_most:
        return answer.ruled_out({**facts, "why": "load"}, seen)
    fixes = drop_metric(situation, holder.metric) if alone else ()
    if at_most and not fixes and holder.count > situation.scaler.maximum:
        fixes = raise_maximum(situation, holder.count)
    return replace(answer.confirmed(facts, seen, fixes), charts=history_chart(situation))


def stabilization_window(situation: Situation, answer: Answer) -> Finding:
    """The controller says so itself, in the reason of a condition; without conditions only the numbers speak."""
    able = situation.condition("AbleToScale")
    facts: Facts = {
        **situation.facts,
        "window": situation.behaviour.down.window,
        "reason": "" if able is None else able.reason,
        "not_before": _not_before(situation),
    }
    seen = [state(situation), behaviour(situation), *events(situation)]
    instead = _instead(situation)
    if instead:
        return answer.ruled_out({**facts, "why": instead}, seen)
    if _stabilized(able):
        return answer.confirmed(facts, seen, _shorten(situation))
    if able is not None:
        return answer.ruled_out({**facts, "why": "passed"}, seen)
    if situation.wanted is None:
        return answer.not_checked(situation.gap)
    if situation.waits and situation.behaviour.down.window:
        return answer.likely(facts, seen)
    return answer.ruled_out({**facts, "why": "nothing-waits"}, seen)


def scale_down_disabled(situation: Situation, answer: Answer) -> Finding:
    facts: Facts = {**situation.facts, "disabled": situation.disabled}
    seen = [behaviour(situation), state(situation)]
    if not situation.disabled:
        return answer.ruled_out({**facts, "why": "enabled"}, seen)
    if situation.at_minimum or situation.current == 0:
        return answer.ruled_out({**facts, "why": "minimum"}, seen)
    if situation.wanted is not None and not situation.waits:
        return answer.ruled_out({**facts, "why": "nothing-waits"}, seen)
    return answer.confirmed(facts, seen, speed_up(situation) if situation.waits else ())


def at_min_replicas(situation: Situation, answer: Answer) -> Finding:
    facts: Facts = {**situation.facts, "fixed": situation.scaler.minimum >= situation.scaler.maximum}
    more = situation.wanted is not None and situation.wanted > situation.current
    if situation.at_minimum and not more:
        return answer.confirmed(facts, [state(situation)])
    return answer.ruled_out({**facts, "more": more}, [state(situation)])


def _instead(situation: Situation) -> str:
    """Why neither window nor policies can be what holds the count; empty where they can."""
    if situation.at_minimum or situation.current == 0:
        return "minimum"
    if situation.blind is not None:
        return "metrics"
    return "disabled" if situation.disabled else ""


def _stabilized(able: Condition | None) -> bool:
    return able is not None and able.status == "True" and able.reason == _STABILIZED


def _shorten(situation: Situation) -> tuple[Fix, ...]:
    """Where the behaviour itself is slow, the fix stands there; one that gains little is not worth a change."""
    worth = situation.waits and situation.comparison.quicker and not situation.comparison.slow
    return speed_up(situation) if worth else ()


def _rest(situation: Situation) -> int | None:
    """What all other metrics together would give; None where there is no other."""
    others = situation.tally.others
    if not others or situation.tally.unknown:
        return None
    most = max(wish.count for wish in others)
    return max(situation.scaler.minimum, min(most, situation.scaler.maximum))


def _not_before(situation: Situation) -> str:
    """A window counts from the last look that still asked for more: not before the last time it scaled up."""
    notes = situation.around.events
    if isinstance(notes, Unavailable):
        return ""
    window = timedelta(seconds=situation.behaviour.down.window)
    ups = [at for note in notes if _scaled_up(note.reason, note.message) and (at := last_time(note))]
    newest = _newest(situation)
    ends = max(ups, default=None)
    if ends is None or (newest is not None and newest >= ends + window):
        return ""
    return instant(ends + window)


def _scaled_up(reason: str, message: str) -> bool:
    """As the controller words it: `New size: 10; reason: cpu resource utilization … above target`."""
    return reason == "SuccessfulRescale" and message.rstrip().endswith("above target")


def _newest(situation: Situation) -> datetime | None:
    """The newest time that anything here bears: there is no clock."""
    history = situation.around.history
    series = () if isinstance(history, Unavailable) else history.series
    return max((point.at for one in series for point in one.points), default=None)
