"""The other commands, through real signed requests: what is told, to whom, and what is written down about it."""

from dataclasses import replace

import pytest

from bot.chat.grammar import NAMES
from bot.chat.screens import Screens
from bot.model import IncidentState
from bot.observe import REGISTRY
from runbooks.catalog import CATALOG
from tests.chat.conftest import CHANNEL, USER, Bench, Line
from tests.delivery.builders import TARGET, an_alert, an_incident
from tests.delivery.conftest import layouts_in


@pytest.mark.parametrize("text", ["", "help", "dignose web", "explain", "ops-service"])
async def test_help(bench: Bench, text: str) -> None:
    await bench.ask(text)

    assert "/ops diagnose [cluster:]" in bench.shown or "/ops explain" in bench.shown
    assert not bench.last.public


async def test_help_names_every_command_as_it_is_called_here(bench: Bench) -> None:
    await bench.ask("help", command="/our-ops")

    for name in NAMES:
        assert f"/our-ops {name}" in bench.shown
    assert "&lt;incident&gt;" in bench.shown


async def test_a_slip_of_the_finger_gets_the_nearest_command(bench: Bench) -> None:
    await bench.ask("ops-service <!channel>")
    assert "not a command" in bench.shown
    await bench.ask("ops-service")
    assert "Did you mean this?" in bench.shown
    assert "/ops diagnose ops-service" in bench.shown
    assert bench.audit.notes[-1] == (USER, "help", CHANNEL, "unclear")


async def test_incidents_are_those_that_fire_and_that_the_channel_may_see(bench: Bench) -> None:
    firing = replace(an_incident(), id="1f2e3d4c5b6a")
    elsewhere = replace(an_incident(), id="2222222222", targets=(replace(TARGET, namespace="secret"),))
    labelled = replace(an_incident(), id="3333333333", alerts=(an_alert(labels={"namespace": "secret"}),))
    ended = replace(an_incident(IncidentState.RESOLVED), id="4444444444")
    bench.reads.keep(firing, elsewhere, labelled, ended)
    bench.access.closed = {"secret"}

    await bench.ask("incidents")

    assert "1 incident fires" in bench.shown
    assert "id 1f2e3d4c" in bench.shown
    assert "https://opsbot.example/incidents/1f2e3d4c5b6a" in bench.shown
    for hidden in ("22222222", "33333333", "44444444"):
        assert hidden not in bench.shown


async def test_no_incident_and_very_many(bench: Bench) -> None:
    await bench.ask("incidents")
    assert bench.shown.startswith("Nothing fires.")

    bench.reads.keep(*(replace(an_incident(), id=f"{number:08}") for number in range(40)))
    await bench.ask("incidents")
    assert "40 incidents fire" in bench.shown
    assert "and more: the console lists all of them" in bench.shown


@pytest.mark.parametrize(("hidden", "seen"), [(199, True), (500, True), (1_999, True), (2_000, False)])
async def test_a_channel_gets_its_own_behind_very_many_of_others(
    bench: Bench, hidden: int, seen: bool
) -> None:
    elsewhere = replace(an_incident(), targets=(replace(TARGET, namespace="secret"),))
    own = replace(an_incident(), id="00000000")
    bench.reads.keep(own, *(replace(elsewhere, id=f"{number:08}") for number in range(1, hidden + 1)))
    bench.access.closed = {"secret"}
    await bench.ask("incidents")
    assert ("1 incident fires" in bench.shown) is seen


@pytest.mark.parametrize(
    ("command", "way"),
    [("check", "use opsbot check on the command line"), ("incidents", "look in the console")],
)
def test_only_commands_that_there_are_are_named(command: str, way: str) -> None:
    said = Screens(layouts_in("en")).sentence("failed", what=command)
    assert said.text.endswith(f"Try again, or {way}.")


async def test_a_store_that_is_down_is_told(bench: Bench) -> None:
    bench.reads.broken = "the database is gone"
    await bench.ask("incidents")

    assert "That cannot be read now: the database is gone." in bench.shown
    assert bench.audit.notes[-1] == (USER, "incidents", CHANNEL, "failed")


async def test_runbooks(bench: Bench) -> None:
    await bench.ask("runbooks")
    for runbook in CATALOG:
        assert runbook.name in bench.shown

    await bench.ask("runbooks eso-sync-failed")
    assert "Alerts that lead here" in bench.shown
    await bench.ask("runbooks triag")
    assert "There is no runbook triag." in bench.shown
    assert "/ops runbooks triage" in bench.shown


async def test_the_self_test_begins_with_what_needs_somebody(bench: Bench) -> None:
    bench.checks += [Line("store", "ok"), Line("slack", "failed", "invalid_auth", "put a token there")]
    await bench.ask("check")
    assert "1 needs somebody, 1 good." in bench.shown
    assert bench.shown.index("✗ slack: invalid_auth") < bench.shown.index("✓ store")
    assert "→ put a token there" in bench.shown

    bench.checks[1] = Line("prometheus of default", "not set up")
    await bench.ask("check")
    assert "1 good, 1 not set up." in bench.shown
    assert bench.shown.index("✓ store") < bench.shown.index("– prometheus of default")


async def test_explain_names_what_is_known_and_shows_no_secret(bench: Bench) -> None:
    line = 'FATAL: password authentication failed for user "board_db"'
    await bench.ask(f"explain ```connecting to postgres://a:hunter2hunter2@db\n{line}```")
    assert "1 known failure in 2 lines." in bench.shown
    assert "PostgreSQL refuses the password of board_db" in bench.shown
    assert "hunter2" not in bench.shown
    assert bench.audit.notes[-1] == (USER, "explain", CHANNEL, "done")

    await bench.ask("explain all is well")
    assert "Nothing known in 1 line." in bench.shown


@pytest.mark.parametrize("name", [name for name in NAMES if name != "help"])
async def test_who_may_not_is_refused_before_anything_happens(bench: Bench, name: str) -> None:
    bench.access.denied = {name}
    arguments = {"diagnose": "web", "explain": "x", "silence": "1f2e3d4c 1h"}

    await bench.ask(f"{name} {arguments.get(name, '')}")

    assert bench.shown.startswith("You may not do that here.")
    assert bench.engine.looked == []
    assert bench.audit.notes[-1][-1] == "refused"


async def test_everything_is_counted(bench: Bench) -> None:
    def counted(command: str, result: str) -> float:
        return REGISTRY.get_sample_value("opsbot_commands_total", {"command": command, "result": result}) or 0

    before = counted("help", "done"), counted("help", "unclear")
    await bench.ask("help")
    await bench.ask("hlep")

    assert (counted("help", "done"), counted("help", "unclear")) == (before[0] + 1, before[1] + 1)


async def test_a_button_that_nobody_listens_to_does_nothing(bench: Bench) -> None:
    await bench.press({"elements": [{"type": "button", "action_id": "other", "value": "x"}]})

    assert bench.answers == []
    assert bench.audit.notes == []
