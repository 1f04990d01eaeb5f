"""The command line: reads arguments, prints answers, gives the exit code. What a command does stands in `bot.commands`.

Answers go to stdout, logs and errors to stderr; an error is one line that says what to do.
"""

import os
import sys
from typing import Annotated

import typer

from bot import __version__
from bot.cli_catalogue import coverage, rbac, runbooks
from bot.commands.diagnose import Output
from bot.commands.explain import Form as ExplainForm
from bot.commands.shell import BLIND, FAILED, INTERRUPTED, USAGE, Config, fail, pairs, run, settings_of
from bot.observe import configure_logging
from bot.settings import Settings

app = typer.Typer(
    name="opsbot",
    help="A self-hosted, deterministic first responder for Kubernetes alerts.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Try it: opsbot demo. Configuration: ./opsbot.yaml, OPSBOT_CONFIG, or --config; see docs/configure.md.",
)
for command in (runbooks, rbac, coverage):
    app.command()(command)
Labels = Annotated[list[str] | None, typer.Option("--label", metavar="K=V", help="A label; may be repeated.")]


@app.callback(invoke_without_command=True)
def opsbot(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"opsbot {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def serve(config: Config = None) -> None:
    """Run the server: Alertmanager's webhook, the console, delivery to Slack.

    Ends with 0 after SIGTERM, and with 2 when the configuration is wrong.
    """
    from bot.app import serve as run_server
    from bot.commands.check import check

    configure_logging()
    settings = settings_of(config)
    run(run_server(settings, checks=lambda: check(settings)))


@app.command()
def demo(
    scenario: Annotated[str, typer.Argument(help="Only this scenario.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Print the diagnosis and end.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Name the scenarios.")] = False,
    port: Annotated[int, typer.Option(help="Where the console listens.", min=0, max=65535)] = 8080,
    language: Annotated[str, typer.Option(help="en or ko.")] = "en",
) -> None:
    """Watch opsbot diagnose a simulated cluster. Needs no cluster, no Slack and no network.

    Example: opsbot demo oom-killed --once
    """
    from bot.commands import demo as theatre
    from bot.demo.catalog import SCENARIOS, named

    if listing:
        width = max(len(one.name) for one in SCENARIOS)
        print("\n".join(f"{one.name:{width}}  {one.summary}" for one in SCENARIOS))
        return
    chosen = [named(scenario)] if scenario else list(SCENARIOS)
    scenarios = [one for one in chosen if one is not None]
    if not scenarios:
        fail(
            f"there is no scenario {scenario!r}; there is: {', '.join(one.name for one in SCENARIOS)}", USAGE
        )
    if language not in {"en", "ko"}:
        fail(f"--language: {language!r} is not one of en, ko", USAGE)
    configure_logging(level="ERROR")
    if once:
        print(run(theatre.once(scenarios, language, lambda _name, _says: None)))
        return
    run(theatre.show(scenarios, port, language, _tell, _welcome))
    print("The demo is over; nothing was left behind.")


def _tell(name: str, says: str) -> None:
    print(f"  {name:22} {says}", flush=True)


def _welcome(url: str) -> None:
    print(f"\nopsbot is looking after a simulated cluster. Open {url} and watch it work.", flush=True)
    print("Every line below is something that happens there; Ctrl-C ends the demo.\n", flush=True)


@app.command()
def diagnose(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    name: Annotated[str, typer.Argument(help="name, namespace/name, kind/name or namespace/kind/name")],
    cluster: Annotated[str, typer.Option(help="A cluster of the configuration.")] = "",
    runbook: Annotated[str, typer.Option(help="Only this runbook.")] = "",
    alert: Annotated[str, typer.Option(help="Choose runbooks as this alert would.")] = "",
    label: Labels = None,
    output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT,
    record: Annotated[str, typer.Option(metavar="FILE", help="Keep the evidence, for opsbot replay.")] = "",
    config: Config = None,
) -> None:
    """Diagnose a workload by hand; no server is needed.

    Ends with 0 when nothing was found, 1 when a cause is confirmed or likely, 2 when there is no such target, and 3 when
    the cluster could not be looked at.

    Example: opsbot diagnose shop/board-service --output markdown
    """
    from bot.commands import diagnose as hand

    configure_logging(level="WARNING")
    question = hand.Question(name, cluster, runbook, alert, pairs("--label", label), record)
    answer = run(hand.diagnose(settings_of(config), question, output))
    print(answer.text)
    raise typer.Exit({hand.Ended.NOTHING: 0, hand.Ended.FOUND: FAILED, hand.Ended.BLIND: BLIND}[answer.ended])


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="The log; - or nothing is what is piped in.")] = "",
    output: Annotated[ExplainForm, typer.Option(help="How to print it.")] = ExplainForm.TEXT,
    config: Config = None,
) -> None:
    """Name the known failures in a log: what each means, what it does not mean, and where to look next.

    Needs no cluster and no server. Of a long log the last 5 MiB are read; secrets are taken out. Ends with 1 when a known
    failure is there, 0 when none is, 2 when there is nothing to read.

    Example: kubectl logs board-7d9c5b6f4-x2lkq --previous | opsbot explain -

    Example: opsbot explain ci.log --output json
    """
    from bot.commands import explain as explaining

    configure_logging(level="WARNING")
    answer = run(explaining.explained(settings_of(config), file, output))
    print(answer.text)
    raise typer.Exit(FAILED if answer.known else 0)


@app.command()
def check(config: Config = None) -> None:
    """Try every part of the configuration, and say what to do about what is wrong.

    What is not set up is no fault, but a cluster has to be there. Ends with 0 when all is good, 1 when something is not.
    """
    configure_logging(level="ERROR")
    if not run(_checked(settings_of(config))):
        raise typer.Exit(FAILED)


async def _checked(settings: Settings) -> bool:
    from bot.commands.check import check
    from bot.commands.checks import State, summary

    marks = {State.OK: "ok  ", State.FAILED: "FAIL", State.OFF: "--  ", State.UNSEEN: "??  "}
    states = []
    async for one in check(settings):
        states.append(one.state)
        found = one.found or ("" if one.state is State.OK else one.state.value)
        print(f"{marks[one.state]}  {one.what}{f': {found}' if found else ''}", flush=True)
        if one.remedy:
            print("".join(f"      {line}\n" for line in one.remedy.splitlines()), end="", flush=True)
    print(summary(states))
    return State.FAILED not in states


@app.command()
def send(
    alertname: Annotated[str, typer.Argument(help="The name of the alert.")],
    label: Labels = None,
    annotation: Annotated[list[str] | None, typer.Option(metavar="K=V", help="May be repeated.")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Say that it is over.")] = False,
    url: Annotated[str, typer.Option(help="The server; by default the one of the configuration.")] = "",
    config: Config = None,
) -> None:
    """Post an alert to a running server, as Alertmanager would.

    Example: opsbot send KubePodCrashLooping --label namespace=shop --label pod=board-7d9c5b6f4-x2lkq
    """
    from bot.commands import send as sending

    labels = {"alertname": alertname, **pairs("--label", label)}
    annotations = pairs("--annotation", annotation)
    where = run(sending.send(settings_of(config), url, labels, annotations, resolved=resolved))
    print(f"accepted by {where}")


@app.command()
def replay(
    bundle: Annotated[str, typer.Argument(help="What was recorded; - is standard input.")],
    diff: Annotated[bool, typer.Option("--diff", help="Say what is decided otherwise now.")] = False,
    output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT,
    config: Config = None,
) -> None:
    """Decide again over a recorded incident, without its cluster.

    A bundle comes from the console, from /api/incidents/ID/bundle, or from opsbot diagnose --record FILE. With --diff it
    ends with 1 when the outcome is another one, with 0 when it is the same.

    Example: opsbot replay opsbot-4f2a.json --diff
    """
    from bot.commands import replay as replaying

    if diff and output not in {Output.TEXT, Output.JSON}:
        fail("--diff is printed as text or json", USAGE)
    configure_logging(level="WARNING")
    again = run(replaying.again(settings_of(config), bundle, output, diff=diff))
    print(again.text)
    raise typer.Exit(FAILED if again.changed else 0)


@app.command()
def audit(
    since: Annotated[str, typer.Option(help="Only so long ago, such as 24h or 7d.")] = "",
    user: Annotated[str, typer.Option(help="Only of this person, by id or name.")] = "",
    incident: Annotated[str, typer.Option(help="Only about this incident.")] = "",
    limit: Annotated[int, typer.Option(help="So many, the newest.", min=1, max=10_000)] = 200,
    output: Annotated[ExplainForm, typer.Option(help="How to print it.")] = ExplainForm.TEXT,
    config: Config = None,
) -> None:
    """Say who did what: commands, buttons, silences. Reads the store beside a server that runs, and changes nothing.

    Example: opsbot audit --since 7d --user U0123456789
    """
    from bot.commands import audit as auditing

    configure_logging(level="WARNING")
    question = auditing.Question(since, user, incident, limit)
    print(run(auditing.audited(settings_of(config), question, output)))


def main() -> None:
    try:
        code = app(prog_name="opsbot", standalone_mode=False) or 0
        sys.stdout.flush()
    except typer.TyperException as error:
        # What was typed cannot be understood; typer would show three lines of it.
        about = getattr(getattr(error, "ctx", None), "command_path", "opsbot")
        print(f"opsbot: {error.format_message().rstrip('.')}; see {about} --help", file=sys.stderr)
        code = USAGE
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough. Python would complain once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
