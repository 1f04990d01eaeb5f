"""What is known of a workload and of what it talks to, as the judges of this room read it. Pure."""

from dataclasses import dataclass

from bot.diagnosis.evidence import LogTail, WorkloadState
from bot.diagnosis.evidence_objects import AddressState, ApplicationState, EndpointsState, ExternalSecretState
from bot.diagnosis.lines.known import KnownLine, known_lines
from bot.diagnosis.looks import LogHead, LogOf
from bot.diagnosis.portal.addresses import Address, address
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Observation, Source, Target


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of a container. `value` is None where it is not to be known, as of a Secret."""

    name: str
    value: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Server:
    """What stands at the address that the workload has for Prometheus. None: was not asked, for there is nothing to ask.

    `plain` is the answer at the address as configured, `other` at the one that would be right by `prefix`.
    """

    service: tuple[str, str] | None = None
    workload: WorkloadState | Unavailable | None = None
    endpoints: EndpointsState | Unavailable | None = None
    prefix: str | None = None
    plain: AddressState | Unavailable | None = None
    other: AddressState | Unavailable | None = None
    other_url: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """One log that was read, or why not, with the question."""

    look: LogOf | LogHead
    tail: LogTail | Unavailable


@dataclass(frozen=True, slots=True)
class Backdrop:
    """`settings` by name; `gap` is the first source of settings that could not be looked at."""

    target: Target
    workload: WorkloadState | Unavailable
    container: str = ""
    settings: tuple[Setting, ...] = ()
    gap: Unavailable | None = None
    server: Server | None = None
    logs: tuple[Log, ...] = ()
    application: ApplicationState | Unavailable | None = None
    neighbours: tuple[ExternalSecretState, ...] | Unavailable = ()

    def first(self, *names: str) -> Setting | None:
        """The first of these that is set."""
        by_name = {setting.name: setting for setting in self.settings}
        return next((by_name[name] for name in names if name in by_name), None)

    @property
    def prometheus(self) -> tuple[Setting, Address] | None:
        """The variable that holds the address of a Prometheus: a name that says so, and a value that is one."""
        for setting in self.settings:
            if "PROM" in setting.name.upper() and (found := address(setting.value or "")):
                return setting, found
        return None

    @property
    def log_gap(self) -> Unavailable | None:
        """Why no log could be read; None where any was."""
        gaps = [log.tail for log in self.logs if isinstance(log.tail, Unavailable)]
        return gaps[0] if gaps and len(gaps) == len(self.logs) else None

    @property
    def lines_read(self) -> int:
        return sum(len(log.tail.lines) for log in self.logs if isinstance(log.tail, LogTail))

    def said(self, *ids: str) -> tuple[Log, KnownLine] | None:
        """The last known line of one of these kinds, in the log that has it."""
        found = [
            (log, line)
            for log in self.logs
            if isinstance(log.tail, LogTail)
            for line in known_lines(log.tail.lines)
            if line.id in ids
        ]
        return found[-1] if found else None


def quoted(line: tuple[Log, KnownLine] | None) -> list[Observation]:
    if line is None:
        return []
    log, known = line
    facts: Facts = {"pod": log.look.pod, "container": log.look.container, "line": known.text}
    return [Observation(Source.KUBERNETES, "log-line", facts, log.look.reproduce())]
