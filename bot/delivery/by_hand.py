"""What a person who is awake can do without the bot: commands that show what it would have looked at. Pure.

For where nothing was found, or nothing could be looked at. Names come from alert labels: every word is quoted.
"""

import shlex

from bot.delivery.steps import Step
from bot.delivery.todo import Todo
from bot.delivery.words import Words
from bot.model import Target

# Whose logs kubectl finds by itself: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/
_LOGGED = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"})
_KINDS = {
    "Application": "applications.argoproj.io",
    "HorizontalPodAutoscaler": "hpa",
    "Rollout": "rollouts.argoproj.io",
}


def by_hand(target: Target, words: Words) -> tuple[Step, ...]:
    """The state, the log of the life before and of this one, and what happened around."""
    place = (f"--namespace={target.namespace}",) if target.namespace else ()
    thing = f"{_KINDS.get(target.kind, target.kind.lower())}/{target.name}"
    steps = [Step(shlex.join(("kubectl", "describe", thing, *place)))]
    if target.kind in _LOGGED:
        log = ("kubectl", "logs", thing, "--all-containers", "--tail=50", *place)
        steps.append(Step(shlex.join((*log, "--previous")), words.label("without_previous")))
    around = place or ("--all-namespaces",)
    steps.append(Step(shlex.join(("kubectl", "get", "events", "--sort-by=.lastTimestamp", *around))))
    return tuple(steps)


def look_yourself(target: Target, words: Words) -> Todo:
    """The first of them, for the channel: the log where there is one."""
    steps = by_hand(target, words)
    said = words.label("by_hand")
    first = steps[1] if target.kind in _LOGGED else steps[0]
    return Todo(said, said, (first.command,), rest=len(steps) - 1)
