"""A token file is read again when it changes, and a broken one leaves the last good tokens in force."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.ingest.tokens import TokenSource
from bot.secret import split_tokens


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def shown(source: TokenSource) -> list[str]:
    return [token.reveal() for token in source.current()]


def test_given_tokens_need_no_file(clock: Clock) -> None:
    assert shown(TokenSource(split_tokens("a,b"), clock=clock)) == ["a", "b"]


def test_a_file_adds_to_given_tokens(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "token"
    file.write_text("c\nd\n")
    assert shown(TokenSource(split_tokens("a"), file, clock=clock)) == ["a", "c", "d"]


def test_a_changed_file_is_read_again_once_a_second(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    source = TokenSource((), file, clock=clock)
    assert shown(source) == ["old"]
    file.write_text("new,old")
    clock.now += 0.9
    assert shown(source) == ["old"]
    clock.now += 0.2
    assert shown(source) == ["new", "old"]


def test_follows_the_links_that_kubernetes_swaps(tmp_path: Path, clock: Clock) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(f"{name}-tok")
        os.utime(tmp_path / name / "token", (1, 1))  # same size and time: only the file itself is another
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "token").symlink_to("..data/token")
    source = TokenSource((), tmp_path / "token", clock=clock)
    assert shown(source) == ["one-tok"]
    (tmp_path / "..data_tmp").symlink_to("two")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    clock.now += 1.1
    assert shown(source) == ["two-tok"]


@pytest.mark.parametrize("content", [None, b"", b" ,\n", b"\xff\xfe"])
def test_a_broken_file_leaves_the_last_good_tokens(
    tmp_path: Path, clock: Clock, content: bytes | None
) -> None:
    file = tmp_path / "token"
    file.write_text("good")
    source = TokenSource((), file, clock=clock)
    assert shown(source) == ["good"]
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with capture_logs() as logs:
        for _ in range(3):
            clock.now += 1.1
            assert shown(source) == ["good"]
    assert [line["event"] for line in logs] == ["token file not usable; the last good tokens stay"]
    file.write_text("better")
    clock.now += 1.1
    assert shown(source) == ["better"]


def test_a_file_that_is_not_there_yet_gives_no_tokens_until_it_is(tmp_path: Path, clock: Clock) -> None:
    source = TokenSource((), tmp_path / "token", clock=clock)
    assert shown(source) == []
    (tmp_path / "token").write_text("late")
    clock.now += 1.1
    assert shown(source) == ["late"]


def test_no_token_is_ever_logged(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "token"
    file.write_text("hunter2")
    source = TokenSource((), file, clock=clock)
    with capture_logs() as logs:
        source.current()
        file.write_text("hunter2hunter2")
        clock.now += 1.1
        source.current()
    assert logs
    assert "hunter2" not in str(logs)
