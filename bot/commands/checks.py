"""One line of the self-test, as a value, and what all of them come to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.delivery.words import Words
from bot.diagnosis.sources import Unavailable
from bot.model import Reason

FIND_CLUSTER = "set KUBECONFIG to a file with which kubectl reaches the cluster, or run opsbot in a pod"


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    OFF = "not set up"
    UNSEEN = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy` says what to do, and is empty when all is well."""

    what: str
    state: State
    found: str = ""
    remedy: str = ""


def summary(states: Iterable[State]) -> str:
    """What is not set up, or could not be checked, is neither good nor wrong."""
    count = Counter(states)
    plain = [(state, state.value) for state in (State.UNSEEN, State.OFF)]
    told = ((State.FAILED, "to mend"), (State.OK, "good"), *plain)
    return ", ".join(f"{count[state]} {word}" for state, word in told if count[state])


def gap(found: Unavailable) -> str:
    """For a person at a command line, which speaks English."""
    reason = Words("en").common("reasons", found.reason.value)
    if found.reason is Reason.NOT_CONFIGURED:  # the detail says the same, more exactly
        return found.detail or reason
    return f"{reason}: {found.detail}" if found.detail else reason
