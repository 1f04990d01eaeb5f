"""A behaviour that scales down sooner, and how long today's, Kubernetes' own and the proposed one take. Pure.

The proposed values keep a window, so that a short lull does not take away what the next minute needs.
"""

from dataclasses import dataclass

from bot.diagnosis.evidence_objects import ScalerState, ScalingPolicy
from bot.diagnosis.scaling.behaviour import DEFAULT, MAX, PERCENT, PODS, Behaviour, Rules, behaviour_of
from bot.diagnosis.scaling.simulation import LOOK, Bounds, Recommend, Run, simulate

WINDOW = 120
DOWN = (ScalingPolicy(PERCENT, 50, 60), ScalingPolicy(PODS, 2, 60))
_CLEARLY = 1.5


@dataclass(frozen=True, slots=True)
class Comparison:
    proposal: Behaviour
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


def propose(scaler: ScalerState) -> Behaviour:
    """A window that is shorter already stays, and scaling up is as quick as it is."""
    today = behaviour_of(scaler)
    return Behaviour(Rules(min(WINDOW, today.down.window), MAX, DOWN, today.down.tolerance), today.up)


def compare(scaler: ScalerState, start: int, recommend: Recommend) -> Comparison:
    bounds = Bounds(scaler.minimum, scaler.maximum)
    today, proposal = behaviour_of(scaler), propose(scaler)
    default = Behaviour(DEFAULT.down, today.up)
    runs = (simulate(one, bounds, start, recommend) for one in (today, default, proposal))
    return Comparison(proposal, *runs)
