"""Is the address that a workload has for Prometheus the right one, and does anybody answer there? Pure.

The portal itself says 200 with zeros, so nothing in its log tells: what proves it is what answers at both addresses,
and the arguments that the Prometheus behind the Service runs with.
"""

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import AddressState, EndpointsState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import WorkloadOf
from bot.diagnosis.looks_metrics import PrometheusAt
from bot.diagnosis.looks_objects import EndpointsOf
from bot.diagnosis.portal.addresses import Address
from bot.diagnosis.portal.backdrop import Backdrop, Server, Setting
from bot.diagnosis.portal.remedies import set_variable
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Observation, Reason, Source

_SERVER_ERROR = 500
_SERVICES = "services"


def wrong_prefix(seen: Backdrop, answer: Answer) -> Finding:
    configured = seen.prometheus
    if configured is None:
        return _no_address(seen, answer)
    setting, address = configured
    server = seen.server or Server()
    facts = _facts(setting, address, server)
    evidence = _evidence(setting, address, server)
    if answers(server.plain):
        return answer.ruled_out({**facts, "why": "answers"}, evidence)
    moved = server.prefix is not None and server.prefix != address.path
    if answers(server.other) or moved:
        fixes = set_variable(seen, setting, server.other_url)
        # The arguments alone prove it; where nobody could be asked, that is said.
        gap = server.other if isinstance(server.other, Unavailable) else None
        return answer.confirmed({**facts, "why": "moved"}, evidence, fixes, gap)
    if server.prefix is not None:
        return answer.ruled_out({**facts, "why": "same"}, evidence)
    if isinstance(server.plain, AddressState) and server.plain.status < _SERVER_ERROR:
        return answer.likely({**facts, "why": "not-the-api"}, evidence, set_variable(seen, setting, ""))
    return answer.not_checked(_first_gap(server))


def unreachable(seen: Backdrop, answer: Answer) -> Finding:
    configured = seen.prometheus
    if configured is None:
        return _no_address(seen, answer)
    setting, address = configured
    server = seen.server or Server()
    facts = {**_facts(setting, address, server), "error": ""}
    evidence = _evidence(setting, address, server)
    if why := _reached(server):
        return answer.ruled_out({**facts, "why": why}, evidence)
    fixes = set_variable(seen, setting, "")
    if why := _unreached(server):
        return answer.confirmed({**facts, "why": why}, evidence, fixes)
    line = seen.said("connection-refused", "no-such-host", "dial-timeout")
    if line is not None and _about(line[1].text, address):
        return answer.likely({**facts, "why": "log", "error": line[1].text}, evidence, fixes)
    return answer.not_checked(_first_gap(server))


def _reached(server: Server) -> str:
    if answers(server.plain) or answers(server.other):
        return "answers"
    something = isinstance(server.plain, AddressState) and server.plain.status < _SERVER_ERROR
    return "something-answers" if something else ""


def _unreached(server: Server) -> str:
    if isinstance(server.plain, AddressState):
        return "broken"
    if any(map(_no_service, (server.workload, server.endpoints))):
        return "no-service"
    empty = isinstance(server.endpoints, EndpointsState) and not server.endpoints.ready
    return "no-endpoints" if empty else ""


def _no_service(state: object) -> bool:
    """That nothing stands behind a Service is another matter than that there is none."""
    return isinstance(state, Unavailable) and (state.reason, state.resource) == (Reason.NOT_FOUND, _SERVICES)


def answers(state: AddressState | Unavailable | None) -> bool:
    return isinstance(state, AddressState) and state.is_api


def _no_address(seen: Backdrop, answer: Answer) -> Finding:
    if isinstance(seen.workload, Unavailable):
        return answer.not_checked(seen.workload)
    if seen.gap is not None:
        return answer.not_checked(seen.gap)
    return answer.ruled_out({"why": "no-address", "variable": "", "url": "", "source": ""})


def _facts(setting: Setting, address: Address, server: Server) -> Facts:
    return {
        "variable": setting.name,
        "source": setting.source,
        "url": address.url,
        "right_url": server.other_url,
        "prefix": server.prefix or "",
        "path": address.path,
        "server": f"{server.workload.target.kind}/{server.workload.target.name}"
        if isinstance(server.workload, WorkloadState)
        else "",
        "service": "/".join(server.service or ()),
        "status": server.plain.status if isinstance(server.plain, AddressState) else None,
        "ready": server.endpoints.ready if isinstance(server.endpoints, EndpointsState) else None,
        "asked_both": isinstance(server.plain, AddressState) and isinstance(server.other, AddressState),
    }


def _evidence(setting: Setting, address: Address, server: Server) -> list[Observation]:
    seen = [_asked(state) for state in (server.plain, server.other) if isinstance(state, AddressState)]
    if isinstance(server.workload, WorkloadState) and server.prefix is not None:
        target = server.workload.target
        facts: Facts = {"server": f"{target.kind}/{target.name}", "prefix": server.prefix}
        seen.append(Observation(Source.KUBERNETES, "route-prefix", facts, WorkloadOf(target).reproduce()))
    if isinstance(server.endpoints, EndpointsState):
        found = server.endpoints
        look = EndpointsOf(found.namespace, found.service)
        facts = {"service": found.service, "ready": found.ready, "not_ready": found.not_ready}
        seen.append(Observation(Source.KUBERNETES, "endpoints", facts, look.reproduce()))
    facts = {"variable": setting.name, "url": address.url, "source": setting.source}
    return [Observation(Source.KUBERNETES, "setting", facts), *seen]


def _asked(state: AddressState) -> Observation:
    facts: Facts = {"url": state.url, "status": state.status, "is_api": state.is_api}
    return Observation(Source.PROMETHEUS, "address", facts, PrometheusAt(state.url).reproduce())


def _about(text: str, address: Address) -> bool:
    host = address.origin.rpartition("/")[2].partition(":")[0]
    return bool(host) and host.partition(".")[0] in text


def _first_gap(server: Server) -> Unavailable:
    """A refusal before all others: it is the one that a grant takes away."""
    asked = (server.plain, server.workload, server.endpoints)
    gaps = [gap for gap in asked if isinstance(gap, Unavailable)]
    nothing = Unavailable(Source.PROMETHEUS, Reason.NOT_CONFIGURED, "query", detail="nobody was asked")
    return min(gaps, key=lambda gap: gap.reason is not Reason.FORBIDDEN, default=nothing)
