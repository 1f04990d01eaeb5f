"""What is told of a refusal: facts for the words, and observations with the command that shows each again. Pure."""

import re
from dataclasses import dataclass

from bot.diagnosis.database.login import LOCAL, Override, Setting
from bot.diagnosis.database.refusal import Trouble, same_refusal
from bot.diagnosis.database.situation import Elsewhere, Evidence, Refused
from bot.diagnosis.environment import Given, Kind, Origin
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.looks import SecretNote, SiblingsOf, WorkloadOf
from bot.diagnosis.looks_objects import ConfigMapOf, EndpointsOf
from bot.diagnosis.observations import container_state, instant, log_lines
from bot.diagnosis.rollback import workload_facts
from bot.diagnosis.siblings import alike, unread
from bot.diagnosis.signatures import ErrorLine
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Observation, Row, Source

_SHOWN = 160
_BEFORE, _AFTER = 2, 2
_LONGEST = 500
_SERVICE = re.compile(r"(?P<name>[a-z][-a-z0-9]*)(?:\.(?P<place>[-a-z0-9]+)\.svc(?:\.[\w.-]+)?)?\.?")


@dataclass(frozen=True, slots=True)
class Server:
    """`service` is (namespace, name) where the host names a Service of the cluster; a bare name is one of its own."""

    host: str
    port: str
    service: tuple[str, str] | None = None


def server_of(found: Refused, namespace: str) -> Server:
    """As the network error names it, else as the settings do: what a database says of a host is where the client is."""
    login, network = found.login, found.refusal.trouble is Trouble.NETWORK
    host = found.refusal.fact("host") if network else ""
    port = found.refusal.fact("port") if network else ""
    if login is not None and not host:
        host = (login.host.value or "") if login.host is not None else ""
        port = port or ((login.port.value or "") if login.port is not None else "")
    match = _SERVICE.fullmatch(host)
    if match is None or host in LOCAL:
        return Server(host, port)
    return Server(host, port, (match["place"] or namespace, match["name"]))


def said(origin: Origin) -> str:
    """Like `ConfigMap NAME`; `env` for what the pod template itself holds."""
    return f"{origin.kind.value} {origin.name}".strip()


def setting_facts(prefix: str, setting: Setting | None) -> Facts:
    return {
        f"{prefix}_variable": "" if setting is None else setting.variable.name,
        f"{prefix}_source": "" if setting is None else said(setting.origin),
        f"{prefix}_key": "" if setting is None else setting.origin.key,
    }


def about(evidence: Evidence, found: Refused) -> Facts:
    """What every sentence may use."""
    place, login = found.place, found.login
    server = server_of(found, place.pod.namespace)
    rows = affected(evidence, found)
    siblings = evidence.siblings
    return {
        **_target(evidence),
        "engine": found.refusal.engine,
        "trouble": found.refusal.trouble.value,
        "line": found.refusal.line.text,
        "user": found.user,
        "database": found.refusal.fact("database")
        or ((login.database.value or "") if login is not None and login.database is not None else ""),
        "host": server.host,
        "port": server.port,
        "pod": place.pod.name,
        "container": place.container.name,
        "role": place.container.role,
        "restarts": place.container.restarts,
        "current": found.current,
        "doubt": found.doubt.value,
        "started_at": instant(found.started_at),
        **setting_facts("user", login.user if login else None),
        **setting_facts("password", login.password if login else None),
        **setting_facts("database", login.database if login else None),
        "others": rows[1:],
        "affected_workloads": len(rows),
        "left_out": 0 if siblings is None else siblings.left_out,
        "unread": siblings is not None and unread(siblings) is not None,
    }


def recovered_facts(found: Refused) -> Facts:
    """Why there is nothing to mend: what was said then, and what is true since."""
    return {
        "why": "recovered",
        "trouble": found.refusal.trouble.value,
        "line": found.refusal.line.text,
        "container": found.place.container.name,
        "pod": found.place.pod.name,
        "since": instant(found.today.since),
        "success": found.today.line[:_SHOWN],
    }


def elsewhere_facts(other: Elsewhere) -> Facts:
    """Whose refusal it is, and what the container has in its place."""
    return {
        "why": "elsewhere" if other.doubt else "server",
        "doubt": other.doubt.value,
        "line": other.line,
        "then": other.then[:_SHOWN],
        "container": other.place.container.name,
        "pod": other.place.pod.name,
    }


def _target(evidence: Evidence) -> Facts:
    workload = evidence.scene.workload
    if isinstance(workload, WorkloadState):
        return workload_facts(workload)
    target = evidence.scene.target
    return {
        "workload": f"{target.kind.lower()}/{target.name}",
        "workload_kind": target.kind,
        "workload_name": target.name,
        "namespace": target.namespace,
    }


def affected(evidence: Evidence, found: Refused) -> tuple[Row, ...]:
    """The workload itself first, then those of its namespace that are refused alike."""
    itself = _target(evidence)
    first = {
        "workload": str(itself["workload"]),
        "user": found.user,
        "line": found.refusal.line.text[:_SHOWN],
    }
    if evidence.siblings is None:
        return (first,)
    same = alike(evidence.siblings, lambda lines: same_refusal(found.refusal, lines))
    return (
        first,
        *(
            {
                "workload": f"{sibling.target.kind.lower()}/{sibling.target.name}",
                "user": refusal.fact("user"),
                "line": refusal.line.text[:_SHOWN],
            }
            for sibling, refusal in same
        ),
    )


def seen(evidence: Evidence, found: Refused, *settings: Setting | None) -> tuple[Observation, ...]:
    """The line, the container, the settings that matter, and who else."""
    line, lines = found.refusal.line, found.tail.lines
    context = lines[max(line.index - _BEFORE, 0) : line.index + _AFTER + 1]
    error = ErrorLine(line.text, line.index, 0, tuple(one[:_LONGEST] for one in context))
    place = found.place.pod.namespace
    told = [log_lines(place, found.tail, error)]
    by_name = {one.variable.name: one for one in reversed(settings) if one is not None}
    told += [_setting(evidence, found, setting) for _, setting in reversed(by_name.items())]
    rows = affected(evidence, found)
    if len(rows) > 1:
        facts: Facts = {"rows": rows, "left_out": evidence.siblings.left_out if evidence.siblings else 0}
        told.append(Observation(Source.KUBERNETES, "alike", facts, SiblingsOf(place).reproduce()))
    return (*told, container_state(found.place))


def _setting(evidence: Evidence, found: Refused, setting: Setting) -> Observation:
    """Who gives a variable, and what lost against it; never what a Secret holds, nor a whole URL."""
    variable = setting.variable
    facts: Facts = {
        "variable": variable.name,
        "container": found.place.container.name,
        "rows": (
            _given(setting, Given(variable.origin, variable.value)),
            *(_given(setting, lost) for lost in variable.overridden),
        ),
        "doubted": bool(variable.doubts),
    }
    return Observation(Source.KUBERNETES, "setting", facts, _reproduce(evidence, found, setting.origin))


def _given(setting: Setting, given: Given) -> Row:
    return {
        "source": said(given.origin),
        "key": given.origin.key,
        "value": setting.part(given) if given.value is not None else None,
        "url": setting.in_url,
    }


def _reproduce(evidence: Evidence, found: Refused, origin: Origin) -> str:
    place = found.place.pod.namespace
    if origin.kind is Kind.CONFIG_MAP:
        return ConfigMapOf(place, origin.name).reproduce()
    if origin.kind is Kind.SECRET:
        return SecretNote(place, origin.name).reproduce()
    workload = evidence.scene.workload
    return WorkloadOf(workload.target).reproduce() if isinstance(workload, WorkloadState) else ""


def override_facts(override: Override) -> Facts:
    return {
        "variable": override.setting.variable.name,
        "in_url": override.setting.in_url,
        "value": override.value,
        "winner": said(override.setting.origin),
        "winner_key": override.setting.origin.key,
        "loser": said(override.loser),
        "loser_key": override.loser.key,
        "lost": override.lost,
    }


def behind(evidence: Evidence, found: Refused) -> Facts:
    """What stands behind the Service that the host names; None where that was not seen or is none."""
    state = evidence.endpoints
    known = isinstance(state, EndpointsState)
    server = server_of(found, found.place.pod.namespace)
    return {
        "service": "" if server.service is None else server.service[1],
        "service_namespace": "" if server.service is None else server.service[0],
        "service_absent": isinstance(state, Unavailable) and state.resource == "services",
        "endpoints_ready": state.ready if isinstance(state, EndpointsState) and known else None,
    }


def endpoints_seen(evidence: Evidence) -> tuple[Observation, ...]:
    state = evidence.endpoints
    if not isinstance(state, EndpointsState):
        return ()
    facts: Facts = {"service": state.service, "ready": state.ready, "not_ready": state.not_ready}
    look = EndpointsOf(state.namespace, state.service)
    return (Observation(Source.KUBERNETES, "endpoints", facts, look.reproduce()),)
