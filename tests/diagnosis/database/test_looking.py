"""What is looked at: settings beside the logs, siblings and endpoints only when a log says why, init containers that hang."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.database.looking import look_for_refusals
from bot.diagnosis.evidence import LogTail, PodList, PodState, WorkloadList, WorkloadState
from bot.diagnosis.evidence_objects import EndpointsState, ServiceState
from bot.diagnosis.looks import LogOf, PodsOf, SecretNote, ServiceOf, SiblingsOf, WorkloadOf
from bot.diagnosis.looks_objects import ConfigMapOf, EndpointsOf
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Reason
from runbooks.crashloop_db_auth import RUNBOOK
from tests.fakes.sources import FakeSources
from tests.runbooks.db_cases import NO_HOST, OLD, PASSWORD, REFUSED, given, settings
from tests.snapshots import TARGET, ended, looping, pod, running

SETTINGS = {ConfigMapOf("shop", "shared-config"), ConfigMapOf("shop", "board-config"), SecretNote("shop", "shared-secret")}  # fmt: skip


def sources(
    line: str,
    workload: WorkloadState | None = None,
    *pods: PodState,
    more: Mapping[Look[Any], Any] | None = None,
) -> FakeSources:
    held = settings()
    answers: dict[Look[Any], Any] = {
        WorkloadOf(TARGET): workload or given(),
        PodsOf("shop", "app=web"): PodList(pods or (pod(looping(1)), pod(looping(1), name="web-7d9-b"))),
        SecretNote("shop", "shared-secret"): OLD,
        **{ConfigMapOf("shop", name): state for name, state in held.config_maps.items()},
        **(more or {}),
    }

    def otherwise(look: Look[Any]) -> Any:
        match look:
            case LogOf(_, name, container, previous):
                return LogTail(name, container, previous, ("starting", line))
            case SiblingsOf():
                return WorkloadList(())
        return gap_of(look, Reason.NOT_FOUND)

    return FakeSources(answers, reads=RUNBOOK.reads, otherwise=otherwise)


def kinds(of: FakeSources) -> set[type]:
    return {type(look) for look in of.asked}


async def test_the_settings_are_looked_at_with_the_scene() -> None:
    asked = sources(PASSWORD)
    found = await look_for_refusals(TARGET, asked)

    assert set(asked.asked) >= SETTINGS
    assert found.settings == settings()
    assert found.siblings is not None
    assert found.endpoints is None


@pytest.mark.parametrize("line", ["bye", "panic: runtime error: index out of range"])
async def test_nobody_else_is_searched_without_a_reason(line: str) -> None:
    asked = sources(line)
    found = await look_for_refusals(TARGET, asked)

    assert (found.siblings, found.endpoints) == (None, None)
    assert not kinds(asked) & {SiblingsOf, EndpointsOf}


@pytest.mark.parametrize(
    ("line", "services"),
    [
        (REFUSED, [EndpointsOf("shop", "db")]),
        (NO_HOST, [EndpointsOf("shop", "db")]),
        ("dial tcp db.data.svc.cluster.local:5432: i/o timeout", [EndpointsOf("data", "db")]),
        ("dial tcp 10.1.2.3:5432: i/o timeout", []),
        ("dial tcp db.eu-west-1.rds.example:5432: i/o timeout", []),
        ("dial tcp localhost:5432: connect: connection refused", []),
    ],
)
async def test_what_stands_behind_a_service_is_looked_at(line: str, services: list[EndpointsOf]) -> None:
    asked = sources(line)
    await look_for_refusals(TARGET, asked)

    assert [look for look in asked.asked if isinstance(look, EndpointsOf)] == services


@pytest.mark.parametrize(
    ("ready", "there", "told"),
    [
        (0, True, EndpointsState),
        (0, False, Unavailable),
        # Endpoints may be made by hand, and outlive their Service for a moment.
        (1, False, EndpointsState),
    ],
)
async def test_no_service_is_not_a_service_without_pods(ready: int, there: bool, told: type) -> None:
    answers: dict[Look[Any], Any] = {EndpointsOf("shop", "db"): EndpointsState("shop", "db", ready, 0)}
    if there:
        answers[ServiceOf("shop", "db")] = ServiceState("shop", "db", "app=db", ("5432",))
    found = await look_for_refusals(TARGET, sources(NO_HOST, more=answers))

    assert isinstance(found.endpoints, told)


async def test_an_init_container_that_holds_the_others_back_is_read() -> None:
    held = pod(
        running("wait", role="init", ready=False),
        replace(looping(1), name="app", state="waiting", waiting_reason="PodInitializing", last_terminated=None),
        phase="Pending",
    )  # fmt: skip
    asked = sources(REFUSED, None, held)
    found = await look_for_refusals(TARGET, asked)

    assert [tail.container for tail in found.hanging] == ["wait"]
    assert LogOf("shop", "web-7d9-a", "wait") in asked.asked


async def test_secrets_that_are_mounted_are_looked_at() -> None:
    asked = sources(PASSWORD, given(env_from=(), mounts=("secret/shared-secret", "configmap/x")))
    found = await look_for_refusals(TARGET, asked)

    assert not isinstance(found.settings, Unavailable)
    assert found.settings.secret("shared-secret") == OLD


async def test_the_number_of_looks_does_not_grow_with_the_pods() -> None:
    few, many = sources(PASSWORD), sources(
        PASSWORD, None, *(pod(looping(1), name=f"web-7d9-{n:04}") for n in range(300))
    )  # fmt: skip
    await look_for_refusals(TARGET, few)
    await look_for_refusals(TARGET, many)

    assert len(many.asked) <= len(few.asked) + 8


@pytest.mark.parametrize("kind", ["Node", "Application", ""])
async def test_what_is_no_workload_has_no_settings(kind: str) -> None:
    found = await look_for_refusals(replace(TARGET, kind=kind), sources(PASSWORD))

    assert isinstance(found.settings, Unavailable)
    assert found.siblings is None


@pytest.mark.parametrize(
    ("line", "ready", "asked_for_it"),
    [(PASSWORD, True, True), (PASSWORD, False, False), ("bye", True, False)],
)
async def test_what_runs_again_is_asked_what_it_says_now(line: str, ready: bool, asked_for_it: bool) -> None:
    again = running(last=ended(1), restarts=2, ready=ready)
    asked = sources(line, None, pod(again))
    found = await look_for_refusals(TARGET, asked)

    assert (LogOf("shop", "web-7d9-a", "app") in asked.asked) is asked_for_it
    assert bool(found.present) is asked_for_it
