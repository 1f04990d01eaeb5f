"""opsbot explain: what a person sees of a pasted log, how it ends, and what never comes out of it again."""

import io
import json
import sys
from pathlib import Path

import pytest

from bot.commands.explain import MOST_BYTES
from tests.commands.conftest import Opsbot

REFUSED = 'FATAL: password authentication failed for user "board_db"'
GO = """\
/go/pkg/mod/github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0/runtime/handler.go:13:2:
ambiguous import: found package google.golang.org/genproto/googleapis/api/httpbody in multiple modules:
    google.golang.org/genproto v0.0.0-20210310155132-4ce2db91004e
    google.golang.org/genproto/googleapis/api v0.0.0-20241104194629-dd2ea8efbc28
"""


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def given(monkeypatch: pytest.MonkeyPatch, data: bytes, stream: type[io.BytesIO] = io.BytesIO) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream(data)))


def test_a_known_failure_is_told_once_with_where_it_is(opsbot: Opsbot, bare: Path) -> None:
    (bare / "board.log").write_text(f"starting\n{REFUSED}\nretrying\n{REFUSED}\n")

    ended = opsbot("explain", "board.log")

    assert (ended.code, ended.err) == (1, "")
    assert ended.out.count("refuses the password of board_db") == 1
    assert "2 times, first on line 2, last on line 4" in ended.out
    assert "opsbot diagnose NAMESPACE/NAME --runbook crashloop_db_auth" in ended.out


def test_nothing_known_ends_well_and_quotes_what_looks_like_the_error(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, b"starting\nERROR the flux capacitor is empty\n")
    ended = opsbot("explain", "-")
    assert ended.code == 0
    assert "flux capacitor" in ended.out

    given(monkeypatch, b"starting\nlistening on :8080\n")
    ended = opsbot("explain")
    assert ended.code == 0
    assert "listening" not in ended.out


def test_as_json_it_is_one_document(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, f"starting\n{REFUSED}\n".encode())

    ended = opsbot("explain", "-", "--output", "json")

    document = json.loads(ended.out)
    (known,) = document["known"]
    assert (ended.code, document["schema"], document["lines"]) == (1, 1, 2)
    assert (known["id"], known["facts"], known["first_line"]) == (
        "postgres-password",
        {"user": "board_db"},
        2,
    )


def test_the_split_of_a_go_module_is_explained(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, GO.encode())

    out = opsbot("explain").out

    for said in (
        "google.golang.org/genproto/googleapis/api/httpbody",
        "github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0",
        "split off from google.golang.org/genproto",
        "$ go mod graph | ",
        "go mod edit -exclude=google.golang.org/genproto@v0.0.0-20210310155132-4ce2db91004e",
        "GOWORK=off",
    ):
        assert said in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_and_control_characters_do_not_come_out_again(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    line = f"\x1b[31mDB_PASSWORD=hunter2hunter2\x1b[0m postgres://app:s3cr3tpass@db/shop {REFUSED}\x07\n"
    given(monkeypatch, line.encode())

    ended = opsbot("explain", "-", "--output", form)

    assert ended.code == 1
    assert not any(word in ended.out for word in ("hunter2", "s3cr3tpass", "\x1b", "\x07"))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00\x80 bad bytes\n" + REFUSED.encode(),
        b"\xef\xbb\xbf" + REFUSED.encode(),
        ("\ufeff" + REFUSED + "\r\n").encode("utf-16-le"),
        REFUSED.encode().replace(b"\n", b"\r\n") + b"\r\n\x00\x00",
    ],
    ids=["no text", "a mark of UTF-8", "UTF-16 of Windows", "its line ends"],
)
def test_bytes_of_any_kind_are_read(opsbot: Opsbot, bare: Path, data: bytes) -> None:
    if data.startswith(b"\xff\xfe\x00\x80"):
        data = data[2:]  # what begins like UTF-16 is taken for it
    (bare / "x.log").write_bytes(data)

    assert opsbot("explain", "x.log").code == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piped", [False, True], ids=["a file", "a pipe"])
def test_of_a_long_log_the_end_is_read(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, bare: Path, piped: bool
) -> None:
    filler = b"GET /items 200 " + b"." * 4_000 + b"\n"
    data = b'FATAL: database "early" does not exist\n' + filler * (MOST_BYTES // len(filler) + 1)
    data += REFUSED.encode()
    (bare / "long.log").write_bytes(data)
    given(monkeypatch, data)

    out = opsbot("explain", "-" if piped else "long.log").out

    assert "board_db" in out
    assert "early" not in out
    assert "only its end was read" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explain", "/nowhere/x.log"], "/nowhere/x.log cannot be read: No such file or directory"),
        (["explain", "."], ". is a directory; give a file, or - for standard input"),
        (["explain", "empty.log"], "empty.log is empty"),
        (
            ["explain"],
            "give it a log: opsbot explain FILE, or: kubectl logs POD --previous | opsbot explain -",
        ),
    ],
    ids=["no file", "a directory", "an empty file", "a terminal"],
)
def test_where_there_is_nothing_to_read_one_line_says_so(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, bare: Path, words: list[str], said: str
) -> None:
    (bare / "empty.log").write_text("\n  \n")
    given(monkeypatch, b"", Terminal)

    ended = opsbot(*words)

    assert (ended.code, ended.out, ended.err) == (2, "", f"opsbot: {said}\n")


def test_empty_standard_input_is_an_error(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"")

    ended = opsbot("explain", "-")

    assert (ended.code, ended.err) == (2, "opsbot: standard input is empty\n")


def test_it_speaks_the_configured_language(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, bare: Path
) -> None:
    (bare / "opsbot.yaml").write_text("delivery: {language: ko}\n")
    given(monkeypatch, REFUSED.encode())

    assert "비밀번호" in opsbot("explain").out
