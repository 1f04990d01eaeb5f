"""Charts: worded, drawn in a process of their own, uploaded, and hung into the thread exactly once."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.clients.slack import SlackClient
from bot.delivery.artist import Artist, Format
from bot.delivery.charts import Level, Line, Picture, lines_of, summary
from bot.delivery.message import Message, Part
from bot.delivery.outbox import Outbox
from bot.delivery.results import Delivered, Later
from bot.delivery.studio import Studio
from bot.delivery.words import Words
from bot.model import Chart, Curve, Target
from tests.delivery.builders import an_incident
from tests.delivery.conftest import Clock
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import FakeSlack, limited, says

MEBI = 2**20
TARGET = Target("default", "shop", "Deployment", "web")
FIRING = an_incident()
MEMORY = Picture(
    title="Memory of web",
    text="used: 100Mi → 512Mi",
    unit="bytes",
    unit_name="memory",
    time_name="time (UTC)",
    lines=(Line("used", ((1000.0, 100.0 * MEBI), (1600.0, 512.0 * MEBI))),),
    levels=(Level("limit", 512.0 * MEBI),),
    relative=False,
    marked_at=1500.0,
    mark="alert began",
)
PNG = b"\x89PNG\r\n\x1a\n"


def texts(svg: bytes) -> set[str]:
    return {"".join(node.itertext()) for node in ET.fromstring(svg).iter() if node.tag.endswith("text")}


class Painter:
    """Draws in no time."""

    def __init__(self, image: bytes | None = PNG, *, busy: float = 0.0) -> None:
        self.image = image
        self.wait = busy

    def busy(self, picture: Picture, wanted: Format) -> float:
        return self.wait

    async def draw(self, picture: Picture, wanted: Format) -> bytes | None:
        await asyncio.sleep(0)
        return self.image


@pytest.mark.timeout(30)
async def test_a_picture_shows_axes_units_limit_and_when_the_alert_began() -> None:
    drawn = await Artist().draw(MEMORY, "svg")

    assert drawn is not None
    shown = texts(drawn)
    assert {"Memory of web", "memory", "time (UTC)", "used", "limit: 512Mi", "alert began"} <= shown
    assert {"256Mi", "512Mi"} <= shown, "the axis counts in binary units"


@pytest.mark.timeout(30)
async def test_the_same_picture_is_the_same_file_and_names_are_no_formulas() -> None:
    hostile = replace(MEMORY, title=r"$\frac{1}{0}$ <script>alert(1)</script> _x", mark="_hidden")
    drawn = [await Artist().draw(hostile, "svg") for _ in range(2)]

    assert drawn[0] == drawn[1]
    assert drawn[0] is not None
    assert b"<script" not in drawn[0]
    assert {hostile.title, "hidden"} <= texts(drawn[0])


@pytest.mark.timeout(30)
async def test_a_png_is_a_png() -> None:
    drawn = await Artist().draw(replace(MEMORY, relative=True, unit="replicas"), "png")

    assert drawn is not None
    assert drawn.startswith(PNG)


@pytest.mark.timeout(30)
async def test_nothing_of_the_working_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for foreign in ("bot/__init__.py", "bot/delivery/__init__.py", "bot/delivery/drawing.py", "json.py"):
        file = tmp_path / foreign
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit('not ours')\n")
    monkeypatch.chdir(tmp_path)

    drawn = await Artist().draw(MEMORY, "png")

    assert not (tmp_path / "ran").exists()
    assert drawn is not None
    assert drawn.startswith(PNG)


@pytest.mark.parametrize(
    "program",
    ["import sys; sys.exit(3)", "print(end='')", "import time; time.sleep(60)"],
)
async def test_what_cannot_be_drawn_is_none(program: str) -> None:
    assert await Artist((sys.executable, "-c", program), seconds=0.5).draw(MEMORY, "png") is None


async def test_a_missing_program_is_none_too() -> None:
    assert await Artist(("/nowhere/python",)).draw(MEMORY, "png") is None


async def test_a_picture_that_was_drawn_is_kept(tmp_path: Path) -> None:
    program = f"import sys; open({str(tmp_path / 'count')!r}, 'a').write('x'); print('image')"
    artist = Artist((sys.executable, "-c", program))

    images = await asyncio.gather(*(artist.draw(MEMORY, "png") for _ in range(3)))

    assert images == [b"image\n"] * 3
    assert (tmp_path / "count").read_text() == "x"


async def test_in_a_storm_two_stand_in_line_and_the_others_are_told_when_to_come(tmp_path: Path) -> None:
    """Each a second later than the one before, until it is known how long a picture takes."""
    gate = tmp_path / "gate"
    program = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('image')"
    artist = Artist((sys.executable, "-c", program), clock=lambda: 100.0)
    pictures = [replace(MEMORY, title=f"Memory of {number}") for number in range(5)]
    assert artist.busy(MEMORY, "png") == 0

    drawing = [asyncio.create_task(artist.draw(picture, "png")) for picture in pictures[:2]]
    await asyncio.sleep(0)

    assert [artist.busy(picture, "png") for picture in pictures[2:]] == [1.0, 2.0, 3.0]
    gate.touch()
    assert await asyncio.gather(*drawing) == [b"image\n"] * 2
    assert artist.busy(pictures[2], "png") == 0


def test_many_points_are_thinned_without_losing_the_peak() -> None:
    points = tuple((float(n), 10.0 if n == 1234 else 1.0) for n in range(5000))
    (line,) = lines_of(Chart("memory", "bytes", (Curve("used", points),)), lambda curve: curve.key)

    assert len(line.points) <= 601
    assert (1234.0, 10.0) in line.points
    assert line.points[-1] == points[-1]


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("bytes", "used: 100 → 50 (≤ 200); limit: 300"),
        ("percent", "used: 100 % → 50 % (≤ 200 %); limit: 300 %"),
        ("replicas", "used: 100 → 50 (≤ 200); limit: 300"),
    ],
)
def test_who_cannot_see_it_reads_what_it_shows(unit: str, said: str) -> None:
    line = Line("used", ((0.0, 100.0), (1.0, 200.0), (2.0, 50.0)))

    assert summary((line,), (Level("limit", 300.0),), unit) == said


def test_where_curves_begin_together_it_says_how_long_each_took() -> None:
    slow = Line("today", ((0.0, 10.0), (60.0, 8.0), (720.0, 2.0), (900.0, 2.0)))
    fast = Line("then", ((0.0, 10.0), (180.0, 2.0), (900.0, 2.0)))

    assert (
        summary((slow, fast), (), "pods", Words("en").duration)
        == "today: 10 → 2 (12 min); then: 10 → 2 (3 min)"
    )


def test_a_chart_without_words_is_named_by_its_keys() -> None:
    chart = Chart(
        "open-files", "files", (Curve("in-use", ((0.0, 1.0), (60.0, 2.0))),), {"most": 5.0}, relative=True
    )
    picture = Words("en").picture("nobody", chart, TARGET)

    assert (picture.title, picture.unit_name, picture.time_name) == ("open files", "files", "minutes")
    assert picture.text == "in use: 1 → 2 (1 min); most: 5"


# -- in Slack


def outbox_of(
    ledger: FakeLedger,
    client: SlackClient,
    clock: Clock,
    new_id: Callable[[], str],
    painter: Painter | None = None,
) -> Outbox:
    parts: Sequence[Part] = (
        Part("top", Message("top")),
        Part("chart:0", Message("Memory of web\nused: 100Mi → 512Mi", picture=MEMORY)),
    )
    studio = Studio(painter or Painter(), client)
    return Outbox(ledger, client, lambda _: parts, studio, clock=clock, sleep=clock.sleep, ids=new_id)


async def test_a_chart_hangs_in_the_thread_once(
    slack: FakeSlack, client: SlackClient, ledger: FakeLedger, clock: Clock, new_id: Callable[[], str]
) -> None:
    outbox = outbox_of(ledger, client, clock, new_id)

    assert await outbox.deliver(FIRING) == Delivered(first=True)
    assert await outbox.deliver(FIRING) == Delivered()

    top, chart = slack.live()
    (block,) = chart.blocks
    assert chart.thread_ts == top.ts
    assert slack.files[block["slack_file"]["id"]] == PNG
    assert block["alt_text"] == "used: 100Mi → 512Mi"
    assert slack.calls.count("files.completeUploadExternal") == 1


async def test_a_file_that_slack_does_not_know_yet_is_waited_for(
    slack: FakeSlack, client: SlackClient, ledger: FakeLedger, clock: Clock, new_id: Callable[[], str]
) -> None:
    slack.slow_files = 2

    await outbox_of(ledger, client, clock, new_id).deliver(FIRING)

    assert [block["type"] for block in slack.live()[1].blocks] == ["image"]


@pytest.mark.parametrize("missing", ["scope", "method", "image", "blocks"])
async def test_without_a_picture_the_message_says_what_it_would_have_shown(
    slack: FakeSlack,
    client: SlackClient,
    ledger: FakeLedger,
    clock: Clock,
    new_id: Callable[[], str],
    missing: str,
) -> None:
    if missing == "scope":
        slack.scopes.discard("files:write")
    if missing == "method":
        slack.fail("files.getUploadURLExternal", says("unknown_method"))
    if missing == "blocks":
        slack.slow_files = 9
    painter = Painter(None) if missing == "image" else Painter()

    assert await outbox_of(ledger, client, clock, new_id, painter).deliver(FIRING) == Delivered(first=True)

    _, chart = slack.live()
    assert chart.text == "Memory of web\nused: 100Mi → 512Mi"
    assert not chart.blocks


async def test_an_upload_that_is_limited_is_tried_again(
    slack: FakeSlack, client: SlackClient, ledger: FakeLedger, clock: Clock, new_id: Callable[[], str]
) -> None:
    slack.fail("files.getUploadURLExternal", limited(7))
    outbox = outbox_of(ledger, client, clock, new_id)

    outcome = await outbox.deliver(FIRING)

    assert isinstance(outcome, Later)
    assert outcome.first
    clock.now += timedelta(seconds=outcome.after)
    assert await outbox.deliver(FIRING) == Delivered()
    assert [block["type"] for block in slack.live()[1].blocks] == ["image"]


async def test_while_other_pictures_are_drawn_it_holds_neither_a_turn_nor_an_intent(
    slack: FakeSlack, client: SlackClient, ledger: FakeLedger, clock: Clock, new_id: Callable[[], str]
) -> None:
    painter = Painter(busy=9.0)
    outbox = outbox_of(ledger, client, clock, new_id, painter)

    waits = await outbox.deliver(FIRING)

    assert waits == Later(9.0, "other pictures are drawn first", counts=False, first=True)
    assert [row.part for row in await ledger.parts(FIRING.id)] == ["top"]
    assert await outbox.deliver(replace(FIRING, id="i2")) == waits, "the top messages of others go out"
    assert clock.slept == [1.0], "at the pace of the channel and no slower"
    painter.wait = 0.0
    assert await outbox.deliver(FIRING) == Delivered()
    assert len(slack.live()) == 3


async def test_a_limit_of_uploads_does_not_hold_up_the_channel(
    slack: FakeSlack, client: SlackClient, ledger: FakeLedger, clock: Clock, new_id: Callable[[], str]
) -> None:
    slack.fail("files.getUploadURLExternal", limited(30), times=2)
    outbox = outbox_of(ledger, client, clock, new_id)

    await outbox.deliver(FIRING)
    await outbox.deliver(replace(FIRING, id="i2"))

    assert [message.text for message in slack.live()] == ["top", "top"]
    assert sum(clock.slept) < 4
