"""From a name that a person typed to the workloads that bear it, or to the names nearest to it.

It reads metadata only.
"""

import asyncio
import difflib
from collections.abc import Sequence

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_calls import (
    APPLICATION,
    ARGO_NAMESPACE,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    ROLLOUT,
    STATEFUL_SET,
    TARGETS,
    Kind,
    field_selector,
    listing,
)
from bot.clients.kubernetes_json import part, rows, text
from bot.diagnosis.looks import FindTargets
from bot.diagnosis.naming import kind_of
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target

_BY_NAME: tuple[Kind, ...] = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, ROLLOUT, CRON_JOB, JOB, POD)
_NEAREST: tuple[Kind, ...] = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, ROLLOUT, CRON_JOB)
_SUGGESTIONS = 5
_SIMILAR = 0.5

Found = list[Target] | Unavailable


async def find_targets(
    api: KubernetesApi, cluster: str, look: FindTargets
) -> tuple[Target, ...] | Unavailable:
    """All exact matches; without one the nearest names, which differ from the name that was asked for."""
    finder = _Finder(api, cluster, look.namespace)
    by_name, nearest = _BY_NAME, _NEAREST
    if look.kind:
        known = TARGETS.get(kind_of(look.kind)) or TARGETS.get(look.kind)
        if known is None:
            return listing(POD, look.namespace).failed(
                Reason.NOT_FOUND, f"{look.kind} is not a kind known here"
            )
        by_name = nearest = (known,)
    exact = await finder.of_kinds(by_name, field_selector({"metadata.name": look.name}))
    if isinstance(exact, Unavailable) or exact:
        return exact if isinstance(exact, Unavailable) else tuple(exact)
    similar = await finder.of_kinds(nearest, "")
    return similar if isinstance(similar, Unavailable) else tuple(_closest(look.name, similar))


class _Finder:
    def __init__(self, api: KubernetesApi, cluster: str, namespace: str) -> None:
        self._api = api
        self._cluster = cluster
        self._namespace = namespace

    async def of_kinds(self, kinds: Sequence[Kind], fields: str) -> Found:
        """What the readable kinds hold; a kind that cannot be read counts only when nothing was found.

        One that is not installed has nothing of any name, unless it alone was asked for.
        """
        answers = await asyncio.gather(*(self._of_kind(kind, fields) for kind in kinds))
        found = [target for answer in answers if not isinstance(answer, Unavailable) for target in answer]
        gaps = [answer for answer in answers if isinstance(answer, Unavailable)]
        if len(kinds) > 1:
            gaps = [gap for gap in gaps if gap.reason is not Reason.NOT_FOUND]
        if not found and gaps:
            return gaps[0]
        return found

    async def _of_kind(self, kind: Kind, fields: str) -> Found:
        found = await self._in(kind, self._namespace, fields)
        if not isinstance(found, Unavailable) or found.reason is not Reason.FORBIDDEN or self._namespace:
            return found
        places = self._api.namespaces() if kind.namespaced else ()
        if kind is APPLICATION:
            places = tuple(dict.fromkeys((*places, ARGO_NAMESPACE)))
        answers = await asyncio.gather(*(self._in(kind, place, fields) for place in places))
        readable = [answer for answer in answers if not isinstance(answer, Unavailable)]
        return [target for answer in readable for target in answer] if readable else found

    async def _in(self, kind: Kind, namespace: str, fields: str) -> Found:
        answer = await self._api.json(listing(kind, namespace, fields=fields, metadata=True))
        if isinstance(answer, Unavailable):
            return answer
        metadata = [part(item, "metadata") for item in rows(answer, "items")]
        return [
            Target(self._cluster, text(item.get("namespace")), kind.name, text(item.get("name")))
            for item in metadata
        ]


def _closest(name: str, targets: list[Target]) -> list[Target]:
    """Names that contain the name come first, then those that are spelt alike."""

    def distance(target: Target) -> tuple[float, Target]:
        contained = name in target.name or target.name in name
        return (-1.0 if contained else 0.0) - difflib.SequenceMatcher(None, name, target.name).ratio(), target

    ranked = sorted(distance(target) for target in targets if target.name != name)
    return [target for score, target in ranked if score <= -_SIMILAR][:_SUGGESTIONS]
