"""Containers in trouble: which are worst, how they ended, and what their exit code says. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.diagnosis.evidence import ContainerState, PodState, Termination
from bot.model import Row

PULL_REASONS = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
CONFIG_REASONS = frozenset({"CreateContainerConfigError"})
START_REASONS = frozenset(
    {"ContainerCannotRun", "CreateContainerError", "RunContainerError", "StartError", "PostStartHookError"}
)
# What the runtime and the shell mean: https://tldp.org/LDP/abs/html/exitcodes.html
BAD_EXIT = 128
START_CODES = frozenset({126, 127, BAD_EXIT})
_PATIENT = frozenset({"", "ContainerCreating", "PodInitializing"})


class Exit(StrEnum):
    """What an exit code says; the words are in templates/*/triage.yaml."""

    DONE = "done"
    GENERAL = "general"
    MISUSE = "misuse"
    NOT_EXECUTABLE = "not-executable"
    NOT_FOUND = "not-found"
    BAD_EXIT = "bad-exit"
    ABORTED = "aborted"
    KILLED = "killed"
    SEGFAULT = "segfault"
    TERMINATED = "terminated"
    OUT_OF_RANGE = "out-of-range"
    SIGNAL = "signal"
    OTHER = "other"


_MEANINGS = {
    0: Exit.DONE,
    1: Exit.GENERAL,
    2: Exit.MISUSE,
    126: Exit.NOT_EXECUTABLE,
    127: Exit.NOT_FOUND,
    BAD_EXIT: Exit.BAD_EXIT,
    134: Exit.ABORTED,
    137: Exit.KILLED,
    139: Exit.SEGFAULT,
    143: Exit.TERMINATED,
    255: Exit.OUT_OF_RANGE,
}


def meaning(code: int) -> Exit:
    """137 is SIGKILL and nothing more: out of memory only where the reason says OOMKilled."""
    if 128 < code < 192 and code not in _MEANINGS:
        return Exit.SIGNAL
    return _MEANINGS.get(code, Exit.OTHER)


@dataclass(frozen=True, slots=True)
class Place:
    """A container of a pod."""

    pod: PodState
    container: ContainerState

    @property
    def ended(self) -> Termination | None:
        """How it ended last: now, or before its present life."""
        return self.container.terminated or self.container.last_terminated

    @property
    def lived(self) -> bool:
        """Whether it ever ran, so that there can be a log."""
        return self.ended is not None or self.container.state == "running"

    @property
    def well(self) -> bool:
        """Runs and is ready, or is an init container or a job's container that did its work."""
        now = self.container.terminated
        if now is not None:
            return now.exit_code == 0 and (self.container.role == "init" or self.pod.phase == "Succeeded")
        return self.container.state == "running" and (self.container.ready or self.container.role == "init")


def places(pods: Iterable[PodState]) -> tuple[Place, ...]:
    return tuple(Place(pod, container) for pod in pods for container in pod.containers)


def badness(place: Place) -> int:
    """How much a container deserves to be looked at first."""
    container, ended = place.container, place.ended
    score = 0
    if container.state == "waiting" and container.waiting_reason not in _PATIENT:
        score += 100
    if container.terminated is not None and not place.well:
        score += 80
    if ended is not None and ended.exit_code != 0:
        score += 40
    if not place.well:
        score += 20
    return score + min(container.restarts, 15)


def worst(candidates: Iterable[Place], most: int) -> tuple[Place, ...]:
    """The containers in trouble, worst first, one of each kind of trouble before a second of the same.

    A hundred replicas that crash alike tell no more than two; a sidecar that fails differently does.
    """
    ranked = sorted(
        (place for place in candidates if badness(place) > 0),
        key=lambda place: (-badness(place), place.pod.name, place.container.name),
    )
    seen: set[tuple[str, str]] = set()
    fresh: list[Place] = []
    alike: list[Place] = []
    for place in ranked:
        trouble = (place.container.name, place.container.waiting_reason)
        (alike if trouble in seen else fresh).append(place)
        seen.add(trouble)
    return tuple((*fresh, *alike)[:most])


def worst_pods(pods: Sequence[PodState], most: int) -> tuple[PodState, ...]:
    """Pods with the worst containers, then those not ready, then by name."""

    def rank(pod: PodState) -> tuple[int, bool, str]:
        return (-max((badness(place) for place in places([pod])), default=0), pod.ready, pod.name)

    return tuple(sorted(pods, key=rank)[:most])


def row(place: Place) -> Row:
    """A container's state as facts."""
    container, ended = place.container, place.ended
    return {
        "pod": place.pod.name,
        "container": container.name,
        "role": container.role,
        "state": container.state,
        "reason": container.waiting_reason or (container.terminated.reason if container.terminated else ""),
        "restarts": container.restarts,
        "ready": container.ready,
        "exit_code": None if ended is None else ended.exit_code,
        "exit_reason": "" if ended is None else ended.reason,
        "exit_meaning": "" if ended is None else meaning(ended.exit_code).value,
        "finished_at": _time(ended),
    }


def _time(ended: Termination | None) -> str:
    return "" if ended is None or ended.finished_at is None else ended.finished_at.isoformat()


class Pull(StrEnum):
    """Why an image could not be pulled."""

    NOT_FOUND = "not-found"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate-limited"
    NO_HOST = "no-host"
    PLATFORM = "platform"
    TLS = "tls"
    TIMEOUT = "timeout"
    BAD_NAME = "bad-name"
    OTHER = "other"


# In this order: registries answer "not found or access denied" for both, and say "denied" more truly elsewhere.
_PULLS: tuple[tuple[Pull, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Pull.RATE_LIMITED, r"toomanyrequests|rate limit|429 Too Many"),
        (Pull.PLATFORM, r"no match(?:ing manifest)? for platform|no matching manifest"),
        (Pull.TLS, r"x509|certificate|tls: |HTTP response to HTTPS client"),
        (Pull.NO_HOST, r"no such host|server misbehaving|name resolution"),
        (Pull.TIMEOUT, r"i/o timeout|deadline exceeded|timed? ?out|connection refused|no route to host"),
        (Pull.BAD_NAME, r"InvalidImageName|invalid reference format|couldn't parse image"),
        (Pull.UNAUTHORIZED, r"unauthorized|authentication required|no basic auth|403 Forbidden|401 Unau"),
        (Pull.UNAUTHORIZED, r"denied|authorization failed"),
        (Pull.NOT_FOUND, r"not found|manifest unknown|name unknown|does not exist|404"),
    )
)


def pull_failure(text: str) -> Pull:
    return next((kind for kind, pattern in _PULLS if pattern.search(text)), Pull.OTHER)


@dataclass(frozen=True, slots=True)
class LackingConfig:
    """What CreateContainerConfigError names; `key` is empty where the whole object is not there."""

    kind: str
    name: str
    key: str


# Said by the kubelet: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go
_LACKING_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:[^/\s]+/)?(\S+)", re.IGNORECASE)
_LACKING_OBJECT = re.compile(r"\b(configmap|secret)s? \"([^\"]+)\" not found", re.IGNORECASE)
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}


def lacking_config(text: str) -> LackingConfig | None:
    key = _LACKING_KEY.search(text)
    if key is not None:
        return LackingConfig(_KINDS[key.group(2).lower()], key.group(3), key.group(1))
    whole = _LACKING_OBJECT.search(text)
    return LackingConfig(_KINDS[whole.group(1).lower()], whole.group(2), "") if whole is not None else None
