"""Which schema is the SDK's own: the table has no holes and no overlaps, and says so only where it knows."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from bot.diagnosis.telemetry.releases import RELEASES, may_be_an_sdks, numbers, releases_with


def test_every_release_has_one_schema_and_later_ones_newer() -> None:
    assert all(one.last + 1 == other.first for one, other in pairwise(RELEASES))
    assert all(numbers(one.schema) < numbers(other.schema) for one, other in pairwise(RELEASES))
    assert all(one.first <= one.last for one in RELEASES)


@pytest.mark.parametrize(
    ("schema", "said"),
    [("1.26.0", "1.28–1.36"), ("1.25.0", "1.27"), ("1.34.0", "1.37"), ("1.32.0", "None"), ("9.9.9", "None")],
)
def test_releases_are_told_by_their_schema(schema: str, said: str) -> None:
    assert str(releases_with(schema)) == said


@pytest.mark.parametrize(
    ("schema", "may"),
    [("1.26.0", True), ("1.32.0", False), ("1.4.0", True), ("1.99.0", True), ("", True)],
    ids=["of a release", "passed by", "older than the table", "newer than the table", "not said"],
)
def test_only_what_releases_passed_by_is_surely_none_of_theirs(schema: str, may: bool) -> None:
    assert may_be_an_sdks(schema) is may


def test_the_page_has_the_same_table() -> None:
    page = Path(__file__).parents[3] / "docs/runbooks/otel_schema_conflict.md"
    told = re.findall(r"^\| ([\d.]+) \| ([\d.–]+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert told == [(one.schema, str(one)) for one in RELEASES]
