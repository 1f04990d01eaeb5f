"""Facts, observations and charts of an autoscaler: what was seen of it, in rows and numbers. Pure; judges nothing."""

from bot.diagnosis.commands import kubectl
from bot.diagnosis.evidence import SeriesSet
from bot.diagnosis.looks import EventsOf
from bot.diagnosis.looks_metrics import RangeQuery
from bot.diagnosis.observations import instant
from bot.diagnosis.scaling.arithmetic import Wish, amount, name
from bot.diagnosis.scaling.behaviour import Rules
from bot.diagnosis.scaling.proposal import Comparison
from bot.diagnosis.scaling.simulation import Run
from bot.diagnosis.scaling.situation import Situation
from bot.diagnosis.sources import Unavailable
from bot.model import Chart, Curve, Facts, Observation, Row, Source

_MOST_EVENTS = 5
_HISTORY, _STEP = 3600, 30
# Since kube-state-metrics 2 and before it: https://github.com/kubernetes/kube-state-metrics/blob/main/CHANGELOG.md
_COUNTS = (
    ("kube_horizontalpodautoscaler_status_current_replicas", "horizontalpodautoscaler"),
    ("kube_hpa_status_current_replicas", "hpa"),
)


def history_of(namespace: str, scaler: str) -> RangeQuery:
    """How many replicas there were, under whatever names and labels they are kept."""
    found = (
        f'max({metric}{{{place}="{namespace}",{label}="{scaler}"}})'
        for metric, label in _COUNTS
        for place in ("namespace", "exported_namespace")
    )
    return RangeQuery(" or ".join(found), _HISTORY, _STEP)


def wish_row(wish: Wish, current: int) -> Row:
    return {
        "metric": name(wish.metric),
        "value": amount(wish.metric, wish.metric.current),
        "aim": amount(wish.metric, wish.metric.target),
        "current": current,
        "exact": round(wish.exact, 2),
        "count": wish.count,
        "within": wish.within,
    }


def policy_rows(rules: Rules) -> tuple[Row, ...]:
    return tuple({"type": one.kind, "value": one.value, "period": one.period} for one in rules.policies)


def rules_facts(prefix: str, rules: Rules) -> Facts:
    return {
        f"{prefix}_window": rules.window,
        f"{prefix}_select": rules.select,
        f"{prefix}_policies": policy_rows(rules),
    }


def times(comparison: Comparison) -> Facts:
    """Seconds until the last change; None where it had not come to rest after half a day."""
    today, proposed = comparison.today, comparison.proposed
    return {
        "goal": proposed.ends_at,
        "goal_today": today.ends_at if today.settled else None,
        "today_seconds": int(today.seconds) if today.settled else None,
        "default_seconds": int(comparison.default.seconds) if comparison.default.settled else None,
        "proposed_seconds": int(proposed.seconds) if proposed.settled else None,
    }


def state(situation: Situation) -> Observation:
    scaler = situation.scaler
    known = {id(wish.metric): wish_row(wish, situation.current) for wish in situation.tally.wishes}
    facts: Facts = {
        **situation.facts,
        "desired": scaler.desired,
        "last_scaled_at": instant(scaler.last_scaled_at),
        "metrics": tuple(known[id(metric)] for metric in scaler.metrics if id(metric) in known),
        "unknown": tuple(name(metric) for metric in situation.tally.unknown),
        "conditions": tuple(
            {"type": one.type, "status": one.status, "reason": one.reason, "message": one.message}
            for one in scaler.conditions
        ),
    }
    look = kubectl("describe", f"hpa/{scaler.name}", namespace=scaler.namespace)
    return Observation(Source.KUBERNETES, "scaler-state", facts, look)


def behaviour(situation: Situation) -> Observation:
    scaler = situation.scaler
    facts: Facts = {
        "scaler": scaler.name,
        "written": scaler.scale_down is not None,
        **rules_facts("down", situation.behaviour.down),
    }
    look = kubectl(
        "get", f"hpa/{scaler.name}", "--output=jsonpath={.spec.behavior}", namespace=scaler.namespace
    )
    return Observation(Source.KUBERNETES, "scaler-behaviour", facts, look)


def events(situation: Situation) -> tuple[Observation, ...]:
    """The newest events of the autoscaler; none where there are none."""
    notes, scaler = situation.around.events, situation.scaler
    if isinstance(notes, Unavailable) or not notes:
        return ()
    newest = sorted(notes, key=lambda note: (instant(note.last_at or note.first_at), note.message))
    rows: tuple[Row, ...] = tuple(
        {
            "at": instant(note.last_at or note.first_at),
            "reason": note.reason,
            "message": note.message,
            "count": max(note.count, 1),
        }
        for note in newest[-_MOST_EVENTS:]
    )
    look = EventsOf(scaler.namespace, "HorizontalPodAutoscaler", scaler.name, warnings_only=False)
    return (Observation(Source.KUBERNETES, "scaler-events", {"rows": rows}, look.reproduce()),)


def scale_down_chart(situation: Situation, comparison: Comparison) -> Chart:
    end = max(comparison.today.seconds, comparison.proposed.seconds) + 60
    return Chart(
        key="scale-down",
        unit="replicas",
        curves=(
            Curve("today", _stairs(comparison.today, end), step=True),
            Curve("proposed", _stairs(comparison.proposed, end), step=True),
        ),
        levels={"minimum": situation.scaler.minimum},
        relative=True,
        facts=situation.facts,
    )


def history_chart(situation: Situation) -> tuple[Chart, ...]:
    """What Prometheus remembers; no picture of nothing."""
    history = situation.around.history
    if not isinstance(history, SeriesSet) or not any(one.points for one in history.series):
        return ()
    series = max(history.series, key=lambda one: len(one.points))
    points = tuple((point.at.timestamp(), point.value) for point in series.points)
    return (
        Chart(
            key="replicas",
            unit="replicas",
            curves=(Curve("current", points, step=True),),
            levels={"minimum": situation.scaler.minimum, "maximum": situation.scaler.maximum},
            facts=situation.facts,
        ),
    )


def _stairs(run: Run, end: float) -> tuple[tuple[float, float], ...]:
    steps = tuple((seconds, float(replicas)) for seconds, replicas in run.steps)
    return (*steps, (end, float(run.ends_at)))
