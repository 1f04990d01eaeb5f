"""How people write when a silence ends, in a zone of theirs, and what they are told when it cannot be understood."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.incidents.silences import Problem
from bot.incidents.spans import ends_at

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)  # 12:12 in Seoul
SEOUL = ZoneInfo("Asia/Seoul")
DAY = timedelta(days=1)


def end(text: str, longest: timedelta = 40 * DAY) -> datetime | Problem:
    return ends_at(text, NOW, zone=SEOUL, longest=longest)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h", 120),
        ("30m", 30),
        ("1d", 1440),
        ("1w", 10080),
        ("1h30m", 90),
        ("1h 30m", 90),
        (" for 2 hours ", 120),
        ("90 Min", 90),
        ("1d 2h 3m", 1563),
        ("2시간", 120),
        ("1시간 30분 동안", 90),
        ("1일", 1440),
        ("1m", 1),
    ],
)
def test_a_span(text: str, minutes: int) -> None:
    assert end(text) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "day", "hour", "minute"),
    [
        ("until 18:00", 1, 9, 0),
        ("UNTIL 12:13", 1, 3, 13),
        ("until 9:00", 2, 0, 0),
        ("9:00", 2, 0, 0),
        ("until tomorrow 09:00", 2, 0, 0),
        ("내일 09:00까지", 2, 0, 0),
        ("오늘 23:59까지", 1, 14, 59),
        ("until 09:00 UTC", 1, 9, 0),
        ("until 09:00Z", 1, 9, 0),
        ("until 09:00 +05:30", 1, 3, 30),
        ("until 22:30 America/New_York", 1, 3, 30),
        ("until 2026-01-03 00:30", 2, 15, 30),
        ("until 2026-01-03T00:30+09:00", 2, 15, 30),
    ],
)
def test_a_moment(text: str, day: int, hour: int, minute: int) -> None:
    assert end(text) == datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def test_a_day_is_a_day_when_the_clocks_change() -> None:
    """Nine in the morning is nine in the morning."""
    evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    found = ends_at("until tomorrow 09:00 Europe/Berlin", evening, longest=DAY)
    assert found == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "span_none"),
        ("  ", "span_none"),
        ("2", "span_unit"),
        ("forever", "span_unclear"),
        ("2x", "span_unclear"),
        ("-2h", "span_unclear"),
        ("2h and more", "span_unclear"),
        ("h", "span_unclear"),
        ("until", "span_unclear"),
        ("until Friday", "span_unclear"),
        ("until 25:00", "span_unclear"),
        ("until 09:61", "span_unclear"),
        ("until 2026-02-30 09:00", "span_unclear"),
        ("까지", "span_unclear"),
        ("동안", "span_unclear"),
        ("0m", "span_short"),
        ("0h0m", "span_short"),
        ("until today 09:00", "span_past"),
        ("until 2025-12-31 09:00", "span_past"),
        ("until 09:00 Mars/Olympus", "span_zone"),
        ("until 09:00 ../etc/passwd", "span_unclear"),
        ("until 09:00 Asia/../../etc/passwd", "span_unclear"),
        ("until 09:00 +99:00", "span_zone"),
        ("2d", "span_long"),
        ("99999w" * 16, "span_long"),
        ("until 9999-12-31 23:59", "span_long"),
        ("until 9999-12-31 23:59 -12:00", "span_unclear"),
        ("until 9999-12-31 23:59 America/New_York", "span_unclear"),
        ("until 0001-01-01 00:00 +14:00", "span_unclear"),
        ("until tomorrow 23:00", "span_long"),
        ("२h", "span_long"),
        ("9" * 100_000, "span_unit"),
    ],
)
def test_what_is_not_taken(text: str, key: str) -> None:
    found = end(text, longest=timedelta(hours=1) if text == "२h" else DAY)
    assert isinstance(found, Problem)
    assert found.key == key


def test_the_longest_is_still_taken_and_told() -> None:
    assert end("1d", longest=DAY) == NOW + DAY
    assert end("1d1m", longest=DAY) == Problem("span_long", {"longest": 86400.0})
