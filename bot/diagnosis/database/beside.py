"""A database that is to be found within the pod itself: a proxy that runs beside, or a default nobody replaced. Pure.

Who connects to 127.0.0.1 asks its own pod. No Service, policy or route has a part in that.
"""

import re

from bot.diagnosis.containers import Place
from bot.diagnosis.database.login import LOCAL
from bot.diagnosis.database.remedies import common, in_settings
from bot.diagnosis.database.shown import server_of, setting_facts
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.evidence import ContainerState
from bot.model import Facts, Fix, Layer

_SERVES = re.compile(
    r"(?i)proxy|pooler|bouncer|pgpool|pgcat|odyssey|maxscale|twemproxy|envoy|socat|stunnel|tunnel|bastion"
    r"|postgres|postgis|timescale|mysql|mariadb|percona|mongo|redis|valkey|keydb"
)
# What a service mesh puts into every pod, and what only measures: neither is where a database is looked for.
_OTHERS = re.compile(r"(?i)istio|linkerd|kuma|consul|cilium|oauth2?-proxy|rbac-proxy|exporter|backup")


def in_the_pod(found: Refused) -> bool:
    return server_of(found, found.place.pod.namespace).host.lower() in LOCAL


def beside_of(found: Refused) -> Place | None:
    """The container that is to answer there; of several one that is not ready."""
    pod, own = found.place.pod, found.place.container.name
    serving = [one for one in pod.containers if one.name != own and _serves(one)]
    return Place(pod, min(serving, key=lambda one: one.ready)) if serving else None


def _serves(container: ContainerState) -> bool:
    told = f"{container.name} {container.image.rpartition('/')[2]}"
    return _SERVES.search(told) is not None and _OTHERS.search(told) is None


def beside_facts(found: Refused) -> Facts:
    """`local` where the pod itself is asked; `beside` is empty where nothing in it is known to answer."""
    host = found.login.host if found.login is not None else None
    place = beside_of(found) if in_the_pod(found) else None
    container = None if place is None else place.container
    return {
        "local": in_the_pod(found),
        "beside": "" if container is None else container.name,
        "beside_ready": container is not None and container.ready,
        "beside_state": "" if container is None else container.waiting_reason or container.state,
        "beside_restarts": 0 if container is None else container.restarts,
        **setting_facts("host", host),
    }


def beside_fixes(evidence: Evidence, found: Refused) -> tuple[Fix, ...]:
    """Look at what is to answer, else name the server where the host is set."""
    place = beside_of(found)
    if place is None:
        host = found.login.host if found.login is not None else None
        return (in_settings("correct-host", evidence, found, host),)
    facts: Facts = {**common(evidence, found), "previous": _died(place.container)}
    return (Fix("look-beside", Layer.LIVE, lasting=False, facts=facts),)


def _died(container: ContainerState) -> bool:
    """Its last words are those of the life before."""
    return container.state != "terminated" and container.last_terminated is not None
