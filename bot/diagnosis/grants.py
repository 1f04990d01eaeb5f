"""From a refused look-up to what a reader needs: what was missing, and the grant that would allow it, as YAML. Pure.

A grant is one document for `kubectl apply` and is whole: the role with all that the runbooks read there, so that the next
look is not refused in its turn, and its binding to the account that was refused.
"""

import re
from typing import Any

import yaml

from bot.diagnosis.rbac import rules
from bot.diagnosis.reads import READS
from bot.diagnosis.sources import Read, Unavailable
from bot.model import Missing, Reason, Source

# How the API server names who was refused:
# https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/errors.go
_REFUSED = re.compile(r'User "([^"\s]+)" cannot ')
_ACCOUNT = re.compile(r"system:serviceaccount:([^:]+):([^:]+)")
_API = "rbac.authorization.k8s.io"
_NAME = "opsbot-reads"
_ABOUT = "# What the runbooks read; nothing here changes anything. Of secrets only metadata is asked for.\n"
_UNKNOWN = "# The account is the one of deploy/kubernetes.yaml: write here as whom opsbot runs.\n"


def grant_for(gap: Unavailable) -> str:
    """The same for every look into one namespace, so that two grants never undo each other."""
    if gap.source is not Source.KUBERNETES or gap.reason is not Reason.FORBIDDEN:
        return ""
    name, wanted = _wanted(gap)
    kind = "Role" if gap.namespace else "ClusterRole"
    role = _object(kind, name, gap.namespace) | {"rules": rules(wanted)}
    subject = _subject(gap)
    binding = _object(f"{kind}Binding", name, gap.namespace) | {
        "roleRef": {"apiGroup": _API, "kind": kind, "name": name},
        "subjects": [subject or {"kind": "ServiceAccount", "name": "opsbot", "namespace": "opsbot"}],
    }
    both = {"apiVersion": "v1", "kind": "List", "items": [role, binding]}
    about = f"{_ABOUT}{'' if subject else _UNKNOWN}"
    return about + yaml.safe_dump(both, sort_keys=False, default_flow_style=None, width=1000)


def _wanted(gap: Unavailable) -> tuple[str, list[Read]]:
    """What the house reads there; a look of a team's own alone, under a name of its own."""
    asked = Read(Source.KUBERNETES, gap.group, (gap.resource,), (gap.verb,))
    inside = [read for read in READS if not read.cluster_wide]
    wide = [read for read in READS if read.cluster_wide]
    for some in (inside,) if gap.namespace else (wide, list(READS)):
        if any(_covers(read, asked) for read in some):
            return (_NAME if some is not wide else f"{_NAME}-of-cluster"), some
    return f"opsbot-{gap.verb}-{gap.resource.replace('/', '-')}", [asked]


def _covers(read: Read, asked: Read) -> bool:
    return (
        read.group == asked.group
        and set(asked.resources) <= set(read.resources)
        and set(asked.verbs) <= set(read.verbs)
    )


def _subject(gap: Unavailable) -> dict[str, str] | None:
    """None where nobody said who asked."""
    refused = _REFUSED.search(gap.detail)
    if refused is None:
        return None
    account = _ACCOUNT.fullmatch(refused[1])
    if account:
        return {"kind": "ServiceAccount", "name": account[2], "namespace": account[1]}
    return {"kind": "User", "name": refused[1], "apiGroup": _API}


def _object(kind: str, name: str, namespace: str) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": f"{_API}/v1", "kind": kind, "metadata": {"name": name, **place}}


def missing(gap: Unavailable) -> Missing:
    return Missing(gap.source, gap.reason, gap.verb, gap.resource, gap.namespace, grant_for(gap), gap.detail)
