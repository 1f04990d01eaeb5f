"""When a CRD may do without its conversion webhook: three conditions, each of which forbids it alone."""

import itertools

import pytest

from bot.diagnosis.evidence_objects import CrdVersion
from bot.diagnosis.external_secrets.safety import Hazard, assess
from tests.diagnosis.external_secrets.builders import OLD, V1, crd, version

SAFE: list[tuple[str, tuple[CrdVersion, ...], tuple[str, ...]]] = [
    ("one version is served, and all is stored in it", (V1, OLD), ("v1",)),
    ("one version is served, an older one is still stored", (V1, OLD), ("v1beta1", "v1")),
    (
        "one version is served, though another has another schema",
        (V1, version("v1beta1", served=False, schema="b")),
        ("v1",),
    ),
    ("two are served with one schema", (V1, version("v1beta1")), ("v1beta1", "v1")),
    ("one version, whose schema is not known", (version("v1", storage=True, schema=""),), ("v1",)),
]
UNSAFE: list[tuple[str, tuple[CrdVersion, ...], tuple[str, ...], Hazard, tuple[str, ...]]] = [
    ("what is stored is not known any more", (V1,), ("v1alpha1", "v1"), Hazard.STORED_REMOVED, ("v1alpha1",)),
    (
        "schemas differ",
        (V1, version("v1beta1", schema="b")),
        ("v1",),
        Hazard.SCHEMAS_DIFFER,
        ("v1", "v1beta1"),
    ),
    (
        "a schema is not known",
        (V1, version("v1beta1", schema="")),
        ("v1",),
        Hazard.SCHEMAS_UNKNOWN,
        ("v1", "v1beta1"),
    ),
    (
        "no schema is known",
        (version("v1", storage=True, schema=""), version("v1beta1", schema="")),
        ("v1",),
        Hazard.SCHEMAS_UNKNOWN,
        ("v1", "v1beta1"),
    ),
    (
        "two are stored",
        (V1, version("v1beta1", storage=True)),
        ("v1",),
        Hazard.SEVERAL_STORAGE,
        ("v1", "v1beta1"),
    ),
    ("none is stored", (version("v1"),), ("v1",), Hazard.NO_STORAGE, ()),
    ("it does not say what is stored", (V1, OLD), (), Hazard.STORED_UNKNOWN, ()),
]


@pytest.mark.parametrize(("name", "versions", "stored"), SAFE, ids=[row[0] for row in SAFE])
def test_safe(name: str, versions: tuple[CrdVersion, ...], stored: tuple[str, ...]) -> None:
    assert assess(crd("externalsecrets", *versions, stored=stored)).safe, name


@pytest.mark.parametrize(
    ("name", "versions", "stored", "hazard", "about"), UNSAFE, ids=[row[0] for row in UNSAFE]
)
def test_unsafe(
    name: str,
    versions: tuple[CrdVersion, ...],
    stored: tuple[str, ...],
    hazard: Hazard,
    about: tuple[str, ...],
) -> None:
    found = assess(crd("externalsecrets", *versions, stored=stored))

    assert (found.hazard, found.versions, found.safe) == (hazard, about, False), name


@pytest.mark.parametrize(("known", "same", "one"), list(itertools.product((True, False), repeat=3)))
def test_each_condition_counts(known: bool, same: bool, one: bool) -> None:
    stored = ("v1",) if known else ("v1", "v1alpha1")
    other = version("v1beta1", schema="a" if same else "b", storage=not one)

    assert assess(crd("externalsecrets", V1, other, stored=stored)).safe is (known and same and one)


def test_what_is_read_under_another_schema_is_told() -> None:
    found = assess(
        crd("externalsecrets", V1, version("v1beta1", served=False, schema="b"), stored=("v1beta1", "v1"))
    )

    assert (found.safe, found.relabelled) == (True, ("v1beta1",))
