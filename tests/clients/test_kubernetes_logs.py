"""Every answer of the log endpoint, odd ones above all, ends as the lines that came or as the reason why none did."""

from pathlib import Path

import pytest

from bot.clients.kubernetes_config import KubernetesAccess
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.looks import LogHead, LogOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason
from tests.builders import container, pod, pod_spec
from tests.clients.cluster import cluster
from tests.fakes.kubernetes import ContainerLog

POD = "board-service-7d9f8c6b5d-x2k9p"


async def ask(
    folder: Path,
    log: ContainerLog,
    look: LogOf | LogHead | None = None,
    *,
    scheduled: bool = True,
    seconds: float = 2.0,
) -> LogTail | Unavailable:
    item = pod(POD, spec=pod_spec(container("app"), container("sidecar")))
    if not scheduled:
        del item["spec"]["nodeName"]
    async with cluster(folder, item, access=KubernetesAccess(log_timeout=seconds)) as (fake, client):
        await client.connect()
        fake.log("shop", POD, "app", log)
        return await client.answer(look or LogOf("shop", POD, "app"))


def lines_of(found: LogTail | Unavailable) -> tuple[str, ...]:
    assert isinstance(found, LogTail), found
    return found.lines


async def test_the_last_lines_and_whether_there_were_more(tmp_path: Path) -> None:
    log = ContainerLog(b"one\ntwo\nthree\n")
    two = await ask(tmp_path, log, LogOf("shop", POD, "app", lines=2))
    three = await ask(tmp_path, log, LogOf("shop", POD, "app", lines=3))
    assert two == LogTail(POD, "app", False, ("two", "three"), cut=True)
    assert three == LogTail(POD, "app", False, ("one", "two", "three"), cut=False)


async def test_the_log_of_the_previous_container(tmp_path: Path) -> None:
    found = await ask(
        tmp_path, ContainerLog(b"now", previous=b"then\n"), LogOf("shop", POD, "app", previous=True)
    )
    assert found == LogTail(POD, "app", True, ("then",))


async def test_a_container_that_wrote_nothing(tmp_path: Path) -> None:
    assert lines_of(await ask(tmp_path, ContainerLog())) == ()


async def test_lines_are_clean_redacted_and_short(tmp_path: Path) -> None:
    written = (
        b"\x1b[31mERROR\x1b[0m\tbad \xff\xfe byte\r\n"
        b"\x1b]0;title\x07password=hunter2 \x00\x08x\n"
        b"10%\r50%\r100%\n" + "\u202eevil".encode() + b"\n" + b"y" * 10_000 + b"\n"
        b"-----BEGIN PRIVATE KEY-----\n" + b"QUJD" * 16 + b"\n-----END PRIVATE KEY-----\nready\n"
    )
    lines = lines_of(await ask(tmp_path, ContainerLog(written)))
    assert lines[:6] == (
        "ERROR\tbad \ufffd\ufffd byte",
        "password=[redacted] x",
        "10%",
        "50%",
        "100%",
        "evil",
    )
    assert len(lines[6]) == 4_000
    assert lines[7:] == ("[redacted]", "ready")


async def test_the_end_survives_a_line_of_megabytes(tmp_path: Path) -> None:
    written = b"start\n" + b"x" * 3_000_000 + b"\n" + b"fine\n" * 50 + b"panic: the last words\n"
    found = await ask(tmp_path, ContainerLog(written))
    assert isinstance(found, LogTail)
    assert found.lines[-1] == "panic: the last words"
    assert found.cut


async def test_one_line_without_an_end_is_cut(tmp_path: Path) -> None:
    found = await ask(tmp_path, ContainerLog(b"x" * 20_000_000))
    assert isinstance(found, LogTail)
    assert [len(line) for line in found.lines] == [4_000]
    assert found.cut


async def test_cut_in_the_middle_gives_what_came(tmp_path: Path) -> None:
    found = await ask(tmp_path, ContainerLog(b"one\ntwo\nthree\n", oddity="cut", cut_after=7))
    assert found == LogTail(POD, "app", False, ("one", "two"), cut=True)


async def test_a_kubelet_that_stops_in_the_middle_gives_what_came(tmp_path: Path) -> None:
    log = ContainerLog(b"one\ntwo\nthree\n", oddity="hang_midway", cut_after=7)
    found = await ask(tmp_path, log, seconds=0.2)
    assert found == LogTail(POD, "app", False, ("one", "two"), cut=True)


GAPS = [
    ("hang", "app", False, Reason.TIMEOUT, "no answer within 0.1 s"),
    ("node_gone", "app", False, Reason.NOT_FOUND, "node node-1 is gone, and the log with it"),
    ("kubelet_down", "app", False, Reason.NOT_READY, "dial tcp 10.0.0.7:10250: connect: connection refused"),
    ("waiting", "app", False, Reason.NOT_READY, 'container "app" in pod'),
    ("", "app", True, Reason.NOT_FOUND, 'previous terminated container "app" in pod'),
    ("", "", False, Reason.NOT_FOUND, "choose one of: [app sidecar]"),
    ("", "nope", False, Reason.NOT_FOUND, "container nope is not valid for pod"),
]


@pytest.mark.parametrize(
    ("oddity", "name", "previous", "reason", "detail"), GAPS, ids=[row[4][:24] for row in GAPS]
)
async def test_no_log_and_why(
    tmp_path: Path, oddity: str, name: str, previous: bool, reason: Reason, detail: str
) -> None:
    look = LogOf("shop", POD, name, previous=previous)
    gap = await ask(tmp_path, ContainerLog(oddity=oddity), look, seconds=0.1)
    assert isinstance(gap, Unavailable)
    assert (gap.reason, gap.verb, gap.resource, gap.namespace) == (reason, "get", "pods/log", "shop")
    assert detail in gap.detail


async def test_a_pod_that_is_not_scheduled_has_no_log_yet(tmp_path: Path) -> None:
    gap = await ask(tmp_path, ContainerLog(), scheduled=False)
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_READY


async def test_a_pod_that_is_gone(tmp_path: Path) -> None:
    gap = await ask(tmp_path, ContainerLog(), LogOf("shop", "gone", "app"))
    assert isinstance(gap, Unavailable)
    assert (gap.reason, gap.detail) == (Reason.NOT_FOUND, 'pods "gone" not found')


async def test_a_log_that_the_runtime_has_removed(tmp_path: Path) -> None:
    gap = await ask(tmp_path, ContainerLog(b"unable to retrieve container logs for containerd://abc"))
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_FOUND


HEAD = LogHead("shop", POD, "app", kibibytes=1)


async def test_the_first_lines_of_a_long_log(tmp_path: Path) -> None:
    lines = [f"line {number:04d}" for number in range(500)]
    found = await ask(tmp_path, ContainerLog("\n".join(lines).encode()), HEAD)
    # 1 024 bytes are 102 lines of ten and the beginning of one more.
    assert found == LogTail(POD, "app", False, tuple(lines[:102]), cut=True)


@pytest.mark.parametrize(
    ("written", "lines", "cut"),
    [
        (b"one\ntwo\n", ("one", "two"), False),
        (b"one\nno newline", ("one", "no newline"), False),
        (b"", (), False),
        (b"x" * 1023 + b"\n", ("x" * 1023,), True),
        (b"x" * 1023 + b"\nmore\n", ("x" * 1023,), True),
        (b"x" * 5000, (), True),
        (b"one\npassword=" + b"hunter2" * 200, ("one",), True),
    ],
)
async def test_whole_lines_only(tmp_path: Path, written: bytes, lines: tuple[str, ...], cut: bool) -> None:
    found = await ask(tmp_path, ContainerLog(written), HEAD)
    assert found == LogTail(POD, "app", False, lines, cut)


async def test_the_head_of_the_previous_container_is_asked_narrowly(tmp_path: Path) -> None:
    item = pod(POD, spec=pod_spec(container("app")))
    async with cluster(tmp_path, item) as (fake, client):
        fake.log("shop", POD, "app", ContainerLog(b"now\n", previous=b"token=hunter2\n"))
        found = await client.answer(LogHead("shop", POD, "app", previous=True))
        query = fake.requests[-1].query
    assert found == LogTail(POD, "app", True, ("token=[redacted]",))
    assert query == {"container": "app", "limitBytes": str(64 * 1024), "previous": "true"}


async def test_a_head_that_breaks_off_is_cut(tmp_path: Path) -> None:
    log = ContainerLog(b"one\ntwo\nthree\n", oddity="cut", cut_after=10)
    assert await ask(tmp_path, log, HEAD) == LogTail(POD, "app", False, ("one", "two"), cut=True)


@pytest.mark.parametrize("oddity", ["node_gone", "kubelet_down", "waiting"])
async def test_a_head_that_is_not_given_is_a_gap(tmp_path: Path, oddity: str) -> None:
    gap = await ask(tmp_path, ContainerLog(b"x", oddity=oddity), HEAD)
    assert isinstance(gap, Unavailable)
    assert (gap.verb, gap.resource) == ("get", "pods/log")
