"""What to do about a Prometheus without memory, as facts: a new limit, fewer series, smaller queries, an empty log. Pure.

The limit first, because it ends the outage; what loses data last.
"""

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.prometheus_memory.exam import Exam
from bot.diagnosis.prometheus_memory.node_notes import newest_of_node
from bot.diagnosis.prometheus_memory.placing import owned_fix, set_memory
from bot.diagnosis.prometheus_memory.queries import working_set_share
from bot.diagnosis.quantities import as_memory, memory
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Fix, Layer

_HEAP_SHARE = 0.9


def after_facts(exam: Exam) -> Facts:
    """What the steps that verify any of these fixes need; the pods of a Deployment have other names by then."""
    program, workload, pod = exam.program, exam.scene.workload, _pod(exam)
    namespace = exam.pods[0].namespace if exam.pods else exam.scene.target.namespace
    runs, selector, started = f"pod/{pod}", "", pod
    if isinstance(workload, WorkloadState) and workload.selector:
        runs, selector = f"{workload.target.kind.lower()}/{workload.target.name}", workload.selector
        started = f"{workload.target.name}-"
    limit = exam.proposal.size if exam.proposal is not None else 0
    return {
        "namespace": namespace,
        "pod": pod,
        "container": program.container,
        "runs": runs,
        "selector": selector,
        "ready_page": f"http://localhost:{program.port}{program.prefix}/-/ready",
        "share": working_set_share(namespace, started, program.container, limit) if limit else "",
    }


def raise_limit(exam: Exam) -> tuple[Fix, ...]:
    """Not where there is no limit, nor where the node had no more to give."""
    proposal = exam.proposal
    if proposal is None or exam.limit is None or newest_of_node(exam) is not None:
        return ()
    node = exam.node
    room = memory(node.allocatable.get("memory", "")) if node is not None else None
    more: Facts = {
        **after_facts(exam),
        "node": node.name if node is not None else "",
        "node_memory": room,
        "node_fits": room is None or room >= proposal.size,
        "heap_limited": exam.program.limits_its_heap,
        "heap": f"{as_memory(int(proposal.size * _HEAP_SHARE))}B",
        "need": exam.need if exam.sure else None,
        "enough": not exam.sure or exam.need is None or exam.need <= proposal.size,
    }
    return _with(set_memory(exam, "limits", exam.limit_text, proposal.text), more)


def request_memory(exam: Exam) -> tuple[Fix, ...]:
    """What requests less than it uses is the first that the kubelet evicts."""
    used = max(exam.limit or 0, 0 if isinstance(exam.peak, Unavailable) else int(exam.peak))
    if not used:
        return ()
    workload = exam.scene.workload
    specs = workload.template.containers if isinstance(workload, WorkloadState) else ()
    today = next((s.requests.get("memory", "") for s in specs if s.name == exam.program.container), "")
    if (memory(today) or 0) >= used:
        return ()
    more: Facts = {
        **after_facts(exam),
        "node": "",
        "node_memory": None,
        "node_fits": True,
        "heap_limited": None,
        "heap": "",
        "need": None,
        "enough": True,
    }
    return _with(set_memory(exam, "requests", today, as_memory(used)), more)


def cut_series(exam: Exam) -> tuple[Fix, ...]:
    return owned_fix(exam, "cut-series", after_facts(exam))


def limit_queries(exam: Exam) -> tuple[Fix, ...]:
    return owned_fix(exam, "limit-queries", after_facts(exam))


def allow_slow_start(exam: Exam) -> tuple[Fix, ...]:
    more: Facts = {"prefix": exam.program.prefix, "port": exam.program.port}
    return owned_fix(exam, "allow-slow-start", {**after_facts(exam), **more})


def delete_log(exam: Exam) -> tuple[Fix, ...]:
    """The last resort: it ends the replay by having nothing to replay."""
    size = None if isinstance(exam.wal, Unavailable) else int(exam.wal)
    facts: Facts = {**after_facts(exam), "path": exam.program.path, "wal": size}
    return (Fix("delete-log", Layer.LIVE, lasting=False, facts=facts),)


def _with(fixes: tuple[Fix, ...], more: Facts) -> tuple[Fix, ...]:
    return tuple(Fix(fix.key, fix.layer, fix.lasting, {**fix.facts, **more}) for fix in fixes)


def _pod(exam: Exam) -> str:
    if exam.killed:
        return exam.killed[0].place.pod.name
    return exam.pods[0].name if exam.pods else exam.scene.target.name
