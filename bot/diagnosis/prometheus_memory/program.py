"""Which container of a workload runs Prometheus, of which version, and what its flags say. Pure.

Its name may be anything: the image and the flags tell. Exporters, sidecars and `promtool` are not Prometheus.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.diagnosis.evidence import ContainerSpec, PodState, WorkloadState

# prom/prometheus, quay.io/prometheus/prometheus, rancher/mirrored-prometheus-prometheus, openshift/ose-prometheus
_REPOSITORY = re.compile(r"(?:.+-prometheus-|ose-)?prometheus")
# Alertmanager and several exporters have a `--config.file` as well: only the name of the file tells.
_FLAG = re.compile(r"--storage\.(?:tsdb|agent)\.|--config\.file[= ](?:\S*/)?prometheus[\w.-]*\.ya?ml")
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?(?:[-+_.].*)?")
_OTHER_PROGRAMS = ("promtool", "thanos")
_DEFAULT_PORT = 9090
# https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
_DEFAULT_CONCURRENCY = 20
_IMAGE_PATH, _DEFAULT_PATH = "/prometheus", "/prometheus/data"


@dataclass(frozen=True, slots=True)
class Program:
    """`limit` is as the pod template writes it; `version` is (major, minor), None where the image does not say.

    `words` are its command and arguments; `heap_limited`: its environment says GOMEMLIMIT.
    """

    container: str
    image: str
    limit: str = ""
    version: tuple[int, int] | None = None
    words: tuple[str, ...] = ()
    heap_limited: bool = False

    @property
    def path(self) -> str:
        """Where the database is; the image's own arguments count only where none are given."""
        given = self._flag("--storage.tsdb.path") or self._flag("--storage.agent.path")
        return (given or (_DEFAULT_PATH if self.words else _IMAGE_PATH)).rstrip("/") or "/"

    @property
    def prefix(self) -> str:
        """The path before every page; by default that of the external URL."""
        given = self._flag("--web.route-prefix") or urlsplit(self._flag("--web.external-url")).path
        return f"/{given.strip('/')}" if given.strip("/") else ""

    @property
    def port(self) -> int:
        port = self._flag("--web.listen-address").rpartition(":")[2]
        return int(port) if port.isascii() and port.isdecimal() else _DEFAULT_PORT

    @property
    def concurrency(self) -> int:
        """How many queries run at once at most."""
        most = self._flag("--query.max-concurrency")
        return int(most) if most.isascii() and most.isdecimal() else _DEFAULT_CONCURRENCY

    @property
    def limits_its_heap(self) -> bool | None:
        """Whether Go is told of the limit: always since 3.0, before only with a feature flag. None where not known.

        https://prometheus.io/docs/prometheus/latest/feature_flags/#auto-gomemlimit
        """
        if self.heap_limited:
            return True
        if "--no-auto-gomemlimit" in self.words:
            return False
        if any("auto-gomemlimit" in word for word in self.words):
            return True
        return None if self.version is None else self.version[0] >= 3

    def _flag(self, name: str) -> str:
        for at, word in enumerate(self.words):
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
            if word == name and at + 1 < len(self.words):
                return self.words[at + 1]
        return ""


def is_prometheus(image: str, words: Sequence[str] = ()) -> bool:
    """By what is run, where that is said; else by the name of the image."""
    said = " ".join(words)
    if any(name in said.partition(" --")[0] for name in _OTHER_PROGRAMS):
        return False
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return bool(_REPOSITORY.fullmatch(name) or _FLAG.search(said))


def program_of(workload: WorkloadState) -> Program | None:
    """The first container of the pod template that runs Prometheus."""
    return next(_programs(workload.template.containers), None)


def _programs(specs: Sequence[ContainerSpec]) -> Iterator[Program]:
    for spec in specs:
        # A shell may start it: one word then holds them all.
        words = tuple(word for part in (*spec.command, *spec.args) for word in part.split())
        if spec.role != "init" and is_prometheus(spec.image, words):
            heap = any(variable.name == "GOMEMLIMIT" for variable in spec.env)
            limit = spec.limits.get("memory", "")
            yield Program(spec.name, spec.image, limit, version_of(spec.image), words, heap)


def program_in(pods: Sequence[PodState]) -> Program | None:
    """The same where the workload may not be read: only the image tells then."""
    for pod in pods:
        for container in pod.containers:
            if container.role != "init" and is_prometheus(container.image):
                return Program(container.name, container.image, version=version_of(container.image))
    return None


def version_of(image: str) -> tuple[int, int] | None:
    """From a tag such as `v2.55.1`, or a version as the operator's custom resource writes it."""
    tag = image.partition("@")[0].rpartition("/")[2].rpartition(":")[2]
    match = _VERSION.fullmatch(tag)
    return (int(match[1]), int(match[2])) if match else None
