"""A behaviour that scales down sooner, and how long today's, Kubernetes' own and the proposed one take. Pure.

The proposed values keep a window, so that a short lull does not take away what the next minute needs.
"""

from dataclasses import dataclass

from bot.diagnosis.evidence_objects import ScalerState, ScalingPolicy
from bot.diagnosis.scaling.behaviour import DEFAULT, MAX, PERCENT, PODS, Behaviour, Rules, behaviour_of
from bot.diagnosis.scaling.simulation import LOOK, Bounds, Recommend, Run, simulate

WINDOW = 120
DOWN = (ScalingPolicy(PERCENT, 50, 60), ScalingPolicy(PODS, 2, 60))
UP = Rules(0, MAX, (ScalingPolicy(PERCENT, 100, 30), ScalingPolicy(PODS, 4, 30)))
_CLEARLY = 1.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """`with_up`: the proposal also says how to scale up, because nothing is written about that."""

    behaviour: Behaviour
    with_up: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    proposal: Proposal
    today: Run
    default: Run
    proposed: Run

    @property
    def slow(self) -> bool:
        """Slower than Kubernetes does it unasked, and clearly slower than it could be."""
        if not self.proposed.settled:
            return False
        if not self.today.settled:
            return True
        longer = self.today.seconds > self.default.seconds + LOOK
        return longer and self.today.seconds >= self.proposed.seconds * _CLEARLY

    @property
    def quicker(self) -> bool:
        """Whether the proposal gains a minute or more."""
        return self.today.seconds - self.proposed.seconds >= 60 or not self.today.settled


def propose(scaler: ScalerState) -> Proposal:
    """A window that is shorter already stays; so does a rule for scaling up that somebody wrote.

    The API server fills in the other direction wherever one is written: what equals the default was written by nobody.
    """
    today = behaviour_of(scaler)
    down = Rules(min(WINDOW, today.down.window), MAX, DOWN, today.down.tolerance)
    with_up = _same(today.up, DEFAULT.up)
    return Proposal(Behaviour(down, UP if with_up else today.up), with_up)


def compare(scaler: ScalerState, start: int, recommend: Recommend) -> Comparison:
    bounds = Bounds(scaler.minimum, scaler.maximum)
    today, proposal = behaviour_of(scaler), propose(scaler)
    default = Behaviour(DEFAULT.down, today.up)
    runs = (simulate(one, bounds, start, recommend) for one in (today, default, proposal.behaviour))
    return Comparison(proposal, *runs)


def _same(one: Rules, other: Rules) -> bool:
    alike = (one.window, one.select) == (other.window, other.select)
    return alike and set(one.policies) == set(other.policies)
