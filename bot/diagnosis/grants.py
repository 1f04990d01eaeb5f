"""From a refused look-up to what a reader needs: what was missing, and the grant that would allow it, as YAML. Pure."""

from bot.diagnosis.sources import Unavailable
from bot.model import Missing, Reason, Source


def grant_for(gap: Unavailable) -> str:
    if gap.source is not Source.KUBERNETES or gap.reason is not Reason.FORBIDDEN:
        return ""
    kind = "Role" if gap.namespace else "ClusterRole"
    where = f"\n  namespace: {gap.namespace}" if gap.namespace else ""
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        f"kind: {kind}\n"
        f"metadata:\n  name: opsbot-{gap.resource.replace('/', '-')}{where}\n"
        "rules:\n"
        f'  - apiGroups: ["{gap.group}"]\n'
        f'    resources: ["{gap.resource}"]\n'
        f'    verbs: ["{gap.verb}"]\n'
    )


def missing(gap: Unavailable) -> Missing:
    return Missing(gap.source, gap.reason, gap.verb, gap.resource, gap.namespace, grant_for(gap), gap.detail)
