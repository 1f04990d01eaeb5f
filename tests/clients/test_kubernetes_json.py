"""Accessors that never raise: what is absent, null or of the wrong type reads as nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients import kubernetes_json as reading
from bot.clients.kubernetes_applications import application_state
from bot.clients.kubernetes_notes import event_note, node_state, object_note, service_state
from bot.clients.kubernetes_operators import crd_state, external_secret_state, prometheus_state, store_state
from bot.clients.kubernetes_pods import pod_state, pod_template
from bot.clients.kubernetes_scalers import scaler_state
from bot.clients.kubernetes_settings import budget_states, config_map_state, endpoints_state, quota_state
from bot.clients.kubernetes_workloads import controller_revision, replica_set_revision, workload_state
from tests.builders import crashing, deployment, pod
from tests.builders_around import application, configmap, event, hpa, node, service
from tests.builders_custom import (
    budget,
    crd,
    endpoint,
    endpoint_slice,
    external_secret,
    prometheus,
    quota,
    secret_store,
)
from tests.fakes.kubernetes.managed import with_fields

JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside an object."""
    keys = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    return [path, *(place for key in keys for place in _places(value[key], (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], junk)
    return copy


READERS: list[tuple[Any, Any]] = [
    (pod_state, pod(statuses=[crashing()], owner=deployment())),
    (lambda item: workload_state("c", "Deployment", item), deployment()),
    (lambda item: workload_state("c", "CronJob", item), deployment()),
    (replica_set_revision, deployment()),
    (controller_revision, deployment()),
    (pod_template, pod()["spec"]),
    (event_note, event(pod())),
    (node_state, node()),
    (scaler_state, hpa()),
    (service_state, service()),
    (application_state, application()),
    (lambda item: object_note("Pod", item), with_fields(pod())),
    (config_map_state, with_fields(configmap(a="1", DB_PASSWORD="x"))),
    (lambda item: endpoints_state("n", "s", [item]), endpoint_slice("s", endpoint("p", "10.0.0.1"))),
    (lambda item: list(budget_states([item])), budget(selector={"matchLabels": {"a": "b"}}, minAvailable=1)),
    (quota_state, quota()),
    (crd_state, crd()),
    (prometheus_state, prometheus(containers=[{"name": "prometheus", "resources": {}}])),
    (external_secret_state, external_secret(dataFrom=[{"extract": {}}])),
    (lambda item: store_state("SecretStore", item), secret_store()),
]


@given(data=st.data(), which=st.sampled_from(range(len(READERS))))
def test_no_junk_at_any_place_makes_a_reader_raise(data: st.DataObject, which: int) -> None:
    read, item = READERS[which]
    place = data.draw(st.sampled_from(_places(item)[1:]))  # the client hands in objects only
    read(_with(item, place, data.draw(JUNK)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01T03:12:00Z", datetime(2026, 1, 1, 3, 12, tzinfo=UTC)),
        ("2026-01-01T03:12:00.123456Z", datetime(2026, 1, 1, 3, 12, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T12:12:00+09:00", datetime(2026, 1, 1, 3, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (None, None),
        (7, None),
    ],
)
def test_times(value: object, expected: datetime | None) -> None:
    found = reading.when(value)
    assert found == expected
    assert found is None or found.utcoffset() == timedelta(0)


def test_text_can_always_be_stored() -> None:
    assert reading.text("a\ud800b\0c") == "a?bc"
    assert reading.said("x\ud800\0\x1b[31my") == "x?y"
    assert (reading.text(None), reading.text(True), reading.text({}), reading.text(3)) == ("", "", "", "3")


def test_half_a_secret_at_the_edge_is_not_shown() -> None:
    token = "ghp_" + "a1B2" * 9
    said = reading.said("x" * 89 + " " + token + " tail" * 50, limit=100)
    assert "ghp_" not in said
    assert len(said) == 100


def test_what_is_absent_reads_as_nothing() -> None:
    assert reading.part(None, "a", "b") == {}
    assert reading.rows({"a": [1, None, {"b": 1}]}, "a") == [{"b": 1}]
    assert reading.pairs({"a": 1, "b": None, "c": "d"}) == {"a": "1", "c": "d"}
    assert (reading.number(True), reading.count("3"), reading.texts("abc")) == (None, 0, ())
