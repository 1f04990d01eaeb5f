"""From a refused look-up to what a reader needs: what was missing, and the grant that would allow it, as YAML. Pure."""

import re
import shlex

from bot.diagnosis.sources import Unavailable
from bot.model import Missing, Reason, Source

# How the API server names who was refused:
# https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/errors.go
_REFUSED = re.compile(r'User "([^"\s]+)" cannot ')
_ACCOUNT = re.compile(r"system:serviceaccount:([^:]+):([^:]+)")


def grant_for(gap: Unavailable) -> str:
    """One role for one permission, so that two grants never undo each other, and how to bind it to who was refused."""
    if gap.source is not Source.KUBERNETES or gap.reason is not Reason.FORBIDDEN:
        return ""
    kind = "Role" if gap.namespace else "ClusterRole"
    where = f"\n  namespace: {gap.namespace}" if gap.namespace else ""
    name = f"opsbot-{gap.verb}-{gap.resource.replace('/', '-')}"
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        f"kind: {kind}\n"
        f"metadata:\n  name: {name}{where}\n"
        "rules:\n"
        f'  - apiGroups: ["{gap.group}"]\n'
        f'    resources: ["{gap.resource}"]\n'
        f'    verbs: ["{gap.verb}"]\n'
        f"{_binding(gap, kind.lower(), name)}"
    )


def _binding(gap: Unavailable, kind: str, name: str) -> str:
    """A comment, so that the grant stays one object; empty where nobody said who asked."""
    refused = _REFUSED.search(gap.detail)
    if refused is None:
        return ""
    account = _ACCOUNT.fullmatch(refused[1])
    who = f"--serviceaccount={account[1]}:{account[2]}" if account else f"--user={refused[1]}"
    place = [f"--namespace={gap.namespace}"] if gap.namespace else []
    command = ["kubectl", "create", f"{kind}binding", name, f"--{kind}={name}", who, *place]
    return f"# {shlex.join(command)}\n"


def missing(gap: Unavailable) -> Missing:
    return Missing(gap.source, gap.reason, gap.verb, gap.resource, gap.namespace, grant_for(gap), gap.detail)
