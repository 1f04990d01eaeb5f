"""Short ways to write snapshots down, so that a scenario reads as what is the matter and not as API types.

Typed and pure; every time is given by the scenario, and nothing here knows a scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.demo.bodies import Draft
from bot.demo.simulated import CLUSTER
from bot.diagnosis.evidence import (
    Condition,
    ContainerSpec,
    ContainerState,
    EventNote,
    LogTail,
    NodeState,
    PodState,
    PodTemplate,
    Revision,
    Termination,
    WorkloadState,
)
from bot.model import Target

_BACK_OFF = "back-off 5m0s restarting failed container={name} pod={pod}"


@dataclass(frozen=True, slots=True)
class App:
    """A workload as its author thinks of it: where it runs and how its objects are called."""

    namespace: str
    name: str
    kind: str = "Deployment"
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def target(self) -> Target:
        return Target(CLUSTER, self.namespace, self.kind, self.name)

    def revision(
        self, digest: str, number: int, at: datetime, template: PodTemplate, replicas: int = 0
    ) -> Revision:
        return Revision(f"{self.name}-{digest}", number, at, template, replicas)

    def workload(
        self, template: PodTemplate, created: datetime, *, desired: int, ready: int
    ) -> WorkloadState:
        enough = ready >= desired
        conditions = (
            Condition(
                "Available",
                "True" if enough else "False",
                "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
                "" if enough else "Deployment does not have minimum availability.",
            ),
        )
        return WorkloadState(
            target=self.target,
            uid=f"{self.namespace}-{self.name}-uid",
            selector=f"app.kubernetes.io/name={self.name}",
            labels={"app.kubernetes.io/name": self.name, **self.labels},
            annotations={},
            created_at=created,
            template=template,
            desired=desired,
            ready=ready,
            updated=desired,
            available=ready,
            generation=7,
            observed_generation=7,
            conditions=conditions if self.kind == "Deployment" else (),
        )

    def pod(self, suffix: str, at: datetime, node: str, *containers: ContainerState) -> PodState:
        ready = all(container.ready for container in containers if container.role != "init")
        name = f"{self.name}-{suffix}"
        waiting = any(container.state == "waiting" and not container.restarts for container in containers)
        status, reason = ("True", "") if ready else ("False", "ContainersNotReady")
        owner = self.name if self.kind == "StatefulSet" else name.rsplit("-", 1)[0]
        owner_kind = self.kind if self.kind == "StatefulSet" else "ReplicaSet"
        return PodState(
            namespace=self.namespace,
            name=name,
            uid=f"{self.namespace}-{name}-uid",
            phase="Pending" if waiting else "Running",
            node=node,
            ready=ready,
            created_at=at,
            containers=containers,
            conditions=(Condition("Ready", status, reason, changed_at=at),),
            owner=f"{owner_kind}/{owner}",
        )

    def log(self, suffix: str, container: str, text: str, *, previous: bool = False) -> LogTail:
        return LogTail(f"{self.name}-{suffix}", container, previous, tuple(text.strip().splitlines()))

    def warning(
        self, suffix: str, reason: str, message: str, *, count: int, first: datetime, last: datetime
    ) -> EventNote:
        pod = f"Pod/{self.name}-{suffix}"
        return EventNote("Warning", reason, message, pod, count, first, last, "kubelet")


def running(spec: ContainerSpec, since: datetime, *, restarts: int = 0) -> ContainerState:
    return ContainerState(
        spec.name, spec.image, spec.role, "running", ready=True, restarts=restarts, started_at=since
    )


def waiting(spec: ContainerSpec, reason: str, message: str) -> ContainerState:
    return ContainerState(
        spec.name,
        spec.image,
        spec.role,
        "waiting",
        ready=False,
        restarts=0,
        waiting_reason=reason,
        waiting_message=message,
    )


def crashing(spec: ContainerSpec, pod: str, end: Termination, *, restarts: int) -> ContainerState:
    """A container that waits for its next start after it ended as `end` says."""
    return replace(
        waiting(spec, "CrashLoopBackOff", _BACK_OFF.format(name=spec.name, pod=pod)),
        restarts=restarts,
        last_terminated=end,
    )


def ended(reason: str, exit_code: int, at: datetime, *, after: timedelta) -> Termination:
    return Termination(reason, exit_code, started_at=at - after, finished_at=at)


def node(name: str, joined: datetime, **allocatable: str) -> NodeState:
    well = tuple(
        Condition(kind, "False", reason, changed_at=joined)
        for kind, reason in (
            ("MemoryPressure", "KubeletHasSufficientMemory"),
            ("DiskPressure", "KubeletHasNoDiskPressure"),
            ("PIDPressure", "KubeletHasSufficientPID"),
        )
    )
    ready = Condition("Ready", "True", "KubeletReady", changed_at=joined)
    return NodeState(name, joined, (*well, ready), kubelet="v1.34.2", allocatable=allocatable)


def pod_alert(app: App, suffix: str, container: str, since: datetime, **labels: str) -> Draft:
    """An alert about one pod, labelled as kube-prometheus labels it; `labels` are added or replaced."""
    pod = f"{app.name}-{suffix}"
    own = {
        "alertname": "KubePodCrashLooping",
        "severity": "warning",
        "namespace": app.namespace,
        "pod": pod,
        "container": container,
        "job": "kube-state-metrics",
        "prometheus": "monitoring/k8s",
    }
    text = (
        f"Pod {app.namespace}/{pod} ({container}) is in waiting state "
        f'(reason: "{labels.get("reason", "CrashLoopBackOff")}").'
    )
    runbook = "https://runbooks.prometheus-operator.dev/runbooks/kubernetes/" + (
        labels.get("alertname", own["alertname"]).lower()
    )
    return Draft(own | labels, since, {"description": text, "runbook_url": runbook})


def over(drafts: tuple[Draft, ...], at: datetime) -> tuple[Draft, ...]:
    """The same alerts, resolved."""
    return tuple(replace(draft, ends_at=at) for draft in drafts)
