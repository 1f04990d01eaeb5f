"""How the log of a container is to be heard: which servers its pod asks, and what the container is to others. Pure."""

import re
from collections.abc import Iterator

from bot.diagnosis.containers import Place
from bot.diagnosis.database.login import hosts_of, names_other_servers
from bot.diagnosis.database.refusal import Ear
from bot.diagnosis.database.speaker import Serves, begins_as_server, serves
from bot.diagnosis.database.variables import PORTS
from bot.diagnosis.environment import Environment, Settings, effective
from bot.diagnosis.evidence import ContainerSpec, LogTail, PodTemplate
from bot.diagnosis.sources import Unavailable

# As `nc -z db 5432` and `wait-for-it.sh db:5432` have it.
_ASKED = re.compile(r"(?<![\w.-])(?P<host>[A-Za-z][\w.-]{0,252})[ :](?P<port>\d{4,5})\b")
_ENDING = frozenset({"Job", "CronJob"})


def ear_of(
    place: Place,
    log: LogTail,
    template: PodTemplate | None,
    settings: Settings | Unavailable,
    environment: Environment | None,
    kind: str,
) -> Ear:
    """`environment` is the container's own; an init container often waits for what the settings of another name."""
    specs = () if template is None else template.containers
    spec = next((one for one in specs if one.name == place.container.name), None)
    hosts = frozenset(host for one in specs for host in (*_asked(one), *_named(one, settings)))
    alone = environment is not None and bool(hosts_of(environment)) and not names_other_servers(environment)
    served = serves(place.container, spec, lasting=kind not in _ENDING)
    if not served and any(map(begins_as_server, log.lines)):
        served = Serves.SERVER
    return Ear(hosts, alone, served, place.pod.name)


def _asked(spec: ContainerSpec) -> Iterator[str]:
    told = " ".join((*spec.command, *spec.args))
    return (match["host"] for match in _ASKED.finditer(told) if match["port"] in PORTS)


def _named(spec: ContainerSpec, settings: Settings | Unavailable) -> frozenset[str]:
    return frozenset() if isinstance(settings, Unavailable) else hosts_of(effective(spec, settings))
