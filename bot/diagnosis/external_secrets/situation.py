"""What was looked at round a target of the External Secrets Operator, as one frozen value. Pure.

Every part keeps why it could not be seen; what was not asked for is empty or None, never a guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.diagnosis.evidence import Condition, EventNote, ObjectNote, WorkloadList
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    CrdState,
    EndpointsState,
    ExternalSecretState,
    ServiceState,
    StoreState,
)
from bot.diagnosis.external_secrets.messages import GROUP, Conversion, conversion, of_operator
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target

Noted = tuple[EventNote, ...] | Unavailable | None


@dataclass(frozen=True, slots=True)
class Crd:
    name: str
    state: CrdState | Unavailable

    @property
    def absent(self) -> bool:
        return isinstance(self.state, Unavailable) and self.state.reason is Reason.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Converter:
    """The Service that CRDs name for conversion, and the Deployments beside it."""

    namespace: str
    name: str
    service: ServiceState | Unavailable
    endpoints: EndpointsState | Unavailable
    deployments: WorkloadList | Unavailable

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Synced:
    """An ExternalSecret. Of one that is ready the keys of its Secret are looked at, of another its warnings."""

    state: ExternalSecretState
    note: ObjectNote | Unavailable | None = None
    events: Noted = None

    @property
    def ready(self) -> bool:
        return is_ready(self.state.conditions)


@dataclass(frozen=True, slots=True)
class Store:
    """`used` where an ExternalSecret that is there refers to it. SecretStores have a namespace."""

    kind: str
    namespace: str
    name: str
    state: StoreState | Unavailable
    events: Noted = None
    used: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Situation:
    """`application` is None where nothing tracks the target. `installer` is the Application that the CRDs come from.

    `gaps` are ExternalSecrets that could not be looked at, `more` counts those that were left out for their number.
    """

    target: Target
    application: ApplicationState | Unavailable | None
    crds: tuple[Crd, ...] = ()
    converters: tuple[Converter, ...] = ()
    secrets: tuple[Synced, ...] = ()
    stores: tuple[Store, ...] = ()
    gaps: tuple[Unavailable, ...] = ()
    more: int = 0
    installer: ApplicationState | None = None

    @property
    def known_application(self) -> ApplicationState | None:
        return self.application if isinstance(self.application, ApplicationState) else None

    @property
    def concerned(self) -> bool:
        """Whether the target has to do with the operator, as far as is known."""
        return not isinstance(self.application, ApplicationState) or (
            self.target.kind != "Application" or concerns(self.application)
        )

    @property
    def told(self) -> tuple[Conversion, ...]:
        """Conversions that failed in ArgoCD's hands: then, which need not be now."""
        return _conversions(texts_of(self.application))

    @property
    def refused(self) -> tuple[Conversion, ...]:
        """Conversions that failed while this was looked at."""
        gaps = [*self.gaps, *(one.state for one in self.stores if isinstance(one.state, Unavailable))]
        return _conversions(gap.detail for gap in gaps)


def _conversions(texts: Iterator[str]) -> tuple[Conversion, ...]:
    found = (conversion(text) for text in texts)
    return tuple(one for one in found if one is not None and of_operator(one.group))


def texts_of(application: ApplicationState | Unavailable | None) -> Iterator[str]:
    """Whatever ArgoCD complains of, the most precise first."""
    if isinstance(application, ApplicationState):
        yield from (one.message for one in application.sync_results if one.message)
        yield from (one.message for one in application.conditions if one.message)
        yield from (one.message for one in application.resources if one.message)
        if application.message:
            yield application.message


def concerns(application: ApplicationState) -> bool:
    """Whether something of the operator is among what is not in order."""
    resources = (*application.resources, *application.sync_results)
    crd = (one.kind == "CustomResourceDefinition" and one.name.endswith(f".{GROUP}") for one in resources)
    return (
        any(of_operator(one.group) for one in resources)
        or any(crd)
        or any(GROUP in text for text in texts_of(application))
    )


def ready_of(conditions: tuple[Condition, ...]) -> Condition | None:
    return next((condition for condition in conditions if condition.type == "Ready"), None)


def is_ready(conditions: tuple[Condition, ...]) -> bool:
    condition = ready_of(conditions)
    return condition is not None and condition.status == "True"
