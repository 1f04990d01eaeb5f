"""From whatever an alert names to the workload behind it: up the owner references, through scalers and Services, and from
the name of a pod that is already gone.

It reads metadata on the way and one whole object at the top. A kind it does not know ends the climb and is named as owner.
"""

import asyncio
import re
from dataclasses import dataclass, replace

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_calls import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    ROLLOUT,
    SCALER,
    SERVICE,
    STATEFUL_SET,
    WORKLOADS,
    Kind,
    get,
    listing,
)
from bot.clients.kubernetes_json import Json, controller, part, rows, text
from bot.clients.kubernetes_notes import service_state
from bot.clients.kubernetes_workloads import belongs, jobs_selector, workload_state
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target

# Usually owned, so that their metadata is enough to go on; the others are usually at the top.
_PASSED_THROUGH = {"Pod", "ReplicaSet", "Job"}
_HIGHEST_CLIMB = 6
_RECENT_JOBS = 5

# https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go: no vowels, no 0, 1, 3
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_OF_DEPLOYMENT = re.compile(rf"(?P<name>.+)-{_RANDOM}{{1,10}}-{_RANDOM}{{5}}")
_OF_CRON_JOB = re.compile(rf"(?P<name>.+)-\d{{8,11}}-{_RANDOM}{{5}}")
_OF_SET = re.compile(rf"(?P<name>.+)-{_RANDOM}{{5}}")
_OF_STATEFUL_SET = re.compile(r"(?P<name>.+)-\d{1,5}")


def guesses(pod: str) -> tuple[tuple[Kind, str], ...]:
    """Whose pod a pod of this name may have been, the likeliest first."""
    found: list[tuple[Kind, str]] = []
    for pattern, kinds in (
        (_OF_DEPLOYMENT, (DEPLOYMENT, ROLLOUT)),
        (_OF_STATEFUL_SET, (STATEFUL_SET,)),
        (_OF_SET, (DAEMON_SET, JOB, REPLICA_SET)),
        (_OF_CRON_JOB, (CRON_JOB,)),
    ):
        if match := pattern.fullmatch(pod):
            found += ((kind, match["name"]) for kind in kinds)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Owners:
    api: KubernetesApi
    cluster: str

    async def workload_of(self, target: Target) -> WorkloadState | Unavailable:
        match target.kind:
            case "HorizontalPodAutoscaler":
                return await self._scaled(target)
            case "Service":
                return await self._behind(target)
            case kind if kind in WORKLOADS:
                return await self._climb(WORKLOADS[kind], target.namespace, target.name)
            case _:
                detail = f"{target.kind or 'nothing'} is not a kind that runs pods"
                return get(POD, target.namespace, target.name).failed(Reason.NOT_FOUND, detail)

    async def _climb(self, kind: Kind, namespace: str, name: str) -> WorkloadState | Unavailable:
        job = ""
        below: tuple[Kind, Json] | None = None
        for _ in range(_HIGHEST_CLIMB):
            item = await self.api.json(get(kind, namespace, name, metadata=kind.name in _PASSED_THROUGH))
            if isinstance(item, Unavailable):
                # A deleted owner, whose pods will follow; or one that a grant from before does not name.
                if below is not None and (_absent(item) or kind is ROLLOUT):
                    return await self._top(*below, namespace, job)
                return await self._lost(kind, namespace, name, item)
            above = _known_owner(item)
            if above is None:
                return await self._top(kind, item, namespace, job)
            job = name if kind is JOB else job
            below = (kind, item)
            kind, name = above
        return get(kind, namespace, name).failed(Reason.NOT_READY, "its owners form a circle")

    async def _top(self, kind: Kind, item: Json, namespace: str, job: str) -> WorkloadState | Unavailable:
        if kind.name in _PASSED_THROUGH:
            whole = await self.api.json(get(kind, namespace, text(part(item, "metadata").get("name"))))
            if isinstance(whole, Unavailable):
                return whole
            item = whole
        if kind is ROLLOUT:
            item = await self._referred(item, namespace)
        state = workload_state(self.cluster, kind.name, item)
        if kind is CRON_JOB and (job or not state.selector):
            names = (job,) if job else await self._recent_jobs(state)
            return replace(state, selector=jobs_selector(names))
        return state

    async def _referred(self, rollout: Json, namespace: str) -> Json:
        """A Rollout may take its template from a Deployment beside it; without that one it is told as it is.

        https://argoproj.github.io/argo-rollouts/migrating/#reference-deployment-from-rollout
        """
        reference = part(rollout, "spec", "workloadRef")
        kind, name = WORKLOADS.get(text(reference.get("kind"))), text(reference.get("name"))
        if kind is None or not name:
            return rollout
        referred = await self.api.json(get(kind, namespace, name))
        if isinstance(referred, Unavailable):
            return rollout
        spec = part(referred, "spec")
        taken = {key: spec[key] for key in ("template", "selector") if key in spec}
        return {**rollout, "spec": {**taken, **part(rollout, "spec")}}

    async def _recent_jobs(self, cron_job: WorkloadState) -> tuple[str, ...]:
        """A CronJob that does not run now is judged by its latest runs."""
        found = await self.api.json(listing(JOB, cron_job.target.namespace, metadata=True))
        if isinstance(found, Unavailable):
            return ()
        mine = [
            item
            for item in rows(found, "items")
            if belongs(item, "CronJob", cron_job.target.name, cron_job.uid)
        ]
        mine.sort(key=lambda item: text(part(item, "metadata").get("creationTimestamp")), reverse=True)
        return tuple(text(part(item, "metadata").get("name")) for item in mine[:_RECENT_JOBS])

    async def _lost(
        self, kind: Kind, namespace: str, name: str, gap: Unavailable
    ) -> WorkloadState | Unavailable:
        """An alert outlives the pod it names; the name still tells whose pod it was."""
        if kind is not POD or not _absent(gap):
            return gap
        return await self._any_of(namespace, guesses(name), gap)

    async def _any_of(
        self, namespace: str, candidates: tuple[tuple[Kind, str], ...], gap: Unavailable
    ) -> WorkloadState | Unavailable:
        """The first that exists. Where none does, a refusal says more than an absence."""
        answers = await asyncio.gather(*(self._climb(kind, namespace, name) for kind, name in candidates))
        found = next((answer for answer in answers if not isinstance(answer, Unavailable)), None)
        if found is not None:
            return found
        gaps = (answer for answer in answers if isinstance(answer, Unavailable))
        return next((other for other in gaps if other.reason is not Reason.NOT_FOUND), gap)

    async def _scaled(self, target: Target) -> WorkloadState | Unavailable:
        call = get(SCALER, target.namespace, target.name)
        scaler = await self.api.json(call)
        if isinstance(scaler, Unavailable):
            return scaler
        reference = part(scaler, "spec", "scaleTargetRef")
        kind, name = text(reference.get("kind")), text(reference.get("name"))
        if kind not in WORKLOADS:
            return call.failed(Reason.NOT_FOUND, f"it scales {kind}/{name}, a kind that is not known here")
        return await self._climb(WORKLOADS[kind], target.namespace, name)

    async def _behind(self, target: Target) -> WorkloadState | Unavailable:
        """The owner of a pod behind the Service; without one, a workload with the labels or the name of the Service."""
        same_name = tuple((kind, target.name) for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, ROLLOUT))
        service = await self.api.json(get(SERVICE, target.namespace, target.name))
        if isinstance(service, Unavailable):
            # The `app` label of an alert is as often the name of a workload as that of a Service.
            return await self._any_of(target.namespace, same_name, service) if _absent(service) else service
        selector = service_state(service).selector
        call = listing(POD, target.namespace, labels=selector, limit=1, metadata=True)
        if not selector:
            return call.failed(Reason.NOT_FOUND, f"Service {target.name} selects no pods")
        pods = await self.api.json(call)
        if isinstance(pods, Unavailable):
            return pods
        for pod in rows(pods, "items"):
            return await self._climb(POD, target.namespace, text(part(pod, "metadata").get("name")))
        nobody = call.failed(Reason.NOT_FOUND, f"no pod stands behind Service {target.name}")
        return await self._any_of(target.namespace, same_name, nobody)


def _absent(gap: Unavailable) -> bool:
    return gap.reason is Reason.NOT_FOUND


def _known_owner(item: Json) -> tuple[Kind, str] | None:
    """The controller, if it is of a kind that can be read here; an owner that is not ends the climb."""
    owner = controller(part(item, "metadata"))
    kind = WORKLOADS.get(text(owner.get("kind")))
    group = text(owner.get("apiVersion")).rpartition("/")[0]
    return (kind, text(owner.get("name"))) if kind is not None and kind.group == group else None
