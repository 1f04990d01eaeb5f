"""How a delivery ended, as values that the flow maps to its jobs. Nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """Slack shows the incident's state. `first` says that this run put the message into the channel, `rest` that its
    thread was to wait and is not as it should be.
    """

    first: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Try again after `after` seconds. `counts` is False for waiting that is nobody's failure; `first` as above."""

    after: float
    reason: str
    counts: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It can never be delivered as things are."""

    reason: str
