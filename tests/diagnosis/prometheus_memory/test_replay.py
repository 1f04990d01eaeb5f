"""Where a Prometheus died, from the end of its log, in the wordings and formats of its versions."""

import pytest

from bot.diagnosis.prometheus_memory.replay import Phase, progress

OLD = (
    'level=info ts=2020-01-01T00:00:00Z caller=main.go:330 msg="Starting Prometheus" version="(version=2.14.0)"',
    'level=info ts=2020-01-01T00:00:01Z caller=head.go:509 component=tsdb msg="replaying WAL, this may take awhile"',
)
JSON = (
    '{"time":"2026-01-01T00:00:00Z","level":"INFO","source":"main.go:1","msg":"Starting Prometheus Server"}',
    '{"time":"2026-01-01T00:00:01Z","level":"INFO","msg":"Replaying WAL, this may take a while","component":"tsdb"}',
    '{"time":"2026-01-01T00:00:02Z","level":"INFO","msg":"WAL segment loaded","component":"tsdb","segment":7,"maxSegment":19}',
)
NEW = (
    'time=2026-01-01T00:00:00Z level=INFO source=main.go:708 msg="Starting Prometheus Server" mode=server',
    'time=2026-01-01T00:00:01Z level=INFO source=head.go:657 msg="Replaying on-disk memory mappable chunks if any"',
    'time=2026-01-01T00:00:02Z level=INFO source=head.go:752 msg="Replaying WAL, this may take a while" component=tsdb',
    'time=2026-01-01T00:00:03Z level=INFO source=head.go:825 msg="WAL segment loaded" segment=1873 maxSegment=1904 duration=2s',
)
DONE = (
    'time=2026-01-01T00:00:09Z level=INFO msg="WAL replay completed" component=tsdb total_replay_duration=7s'
)
WARNING = 'time=2026-01-01T00:00:09Z level=WARN msg="Scrape commit failed" err="out of order"'


@pytest.mark.parametrize(
    ("lines", "segment", "last"),
    [
        (NEW, 1873, 1904),
        (NEW[:3], None, None),
        ((*NEW[:3], 'time=2026 level=INFO msg="WAL checkpoint loaded"'), None, None),
        (JSON, 7, 19),
        (JSON[:2], None, None),
        (('{"level":"info","msg":"WAL segment loaded","segment":"7","maxSegment":"19"}',), 7, 19),
        (OLD, None, None),
        ((*OLD, 'level=info component=tsdb msg="WAL segment loaded" segment=0 maxSegment=3'), 0, 3),
        # A warning from somewhere else does not end the replay.
        ((*NEW, WARNING), 1873, 1904),
        # The second part of the log, for samples out of order, is replayed last.
        ((*NEW, 'level=INFO msg="WBL segment loaded" segment=2 maxSegment=5'), 2, 5),
        # The life before came further: only the last start counts.
        ((*NEW, DONE, *NEW), 1873, 1904),
        (('level=info msg="replaying WAL, this may take a while" dir=/data',), None, None),
    ],
)  # fmt: skip
def test_dies_in_the_replay(lines: tuple[str, ...], segment: int | None, last: int | None) -> None:
    for cut in (False, True):
        found = progress(lines, cut=cut)
        assert (found.phase, found.segment, found.last) == (Phase.REPLAY, segment, last)


@pytest.mark.parametrize(
    "lines",
    [
        (*NEW, DONE),
        (*NEW, DONE, WARNING),
        (*JSON, '{"level":"INFO","msg":"WAL replay completed"}'),
        # Before 2.19 nothing said that the replay was done.
        (*OLD, 'level=info caller=main.go:1 msg="TSDB started"'),
        (*OLD, 'level=info msg="Server is ready to receive web requests."'),
        ('level=info component=tsdb msg="write block" mint=1 maxt=2', WARNING),
        (
            'level=info msg="replaying WAL, this may take a while" dir=/d',
            'level=info msg="Agent WAL storage started"',
        ),
    ],
)
def test_dies_after_it(lines: tuple[str, ...]) -> None:
    assert progress(lines, cut=False).phase is Phase.AFTER


def test_a_log_that_began_long_ago_is_past_the_replay() -> None:
    lines = ('level=info component="rule manager" msg="Starting rule manager..."', WARNING)

    assert progress(lines, cut=True).phase is Phase.AFTER


def test_dies_before_it() -> None:
    assert progress(NEW[:2], cut=False).phase is Phase.BEFORE


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("lines", [(), (WARNING,), ("Killed",)])
def test_what_a_log_without_such_lines_tells(lines: tuple[str, ...], cut: bool) -> None:
    """At `--log.level=warn` no line says how far it came: that is not the same as having come far."""
    assert progress(lines, cut=cut).phase is Phase.UNKNOWN
