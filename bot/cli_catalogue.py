"""The part of the command line that tells what is known: the runbooks, the access that they need, and the alerts that they answer.

`bot.cli` mounts these commands; what they do stands in `bot.commands`.
"""

from typing import Annotated

import typer

from bot.commands.catalogue import Form
from bot.commands.explain import Form as Plain
from bot.commands.shell import USAGE, Config, fail, run, settings_of
from bot.observe import configure_logging


def runbooks(
    action: Annotated[str, typer.Argument(help="show")] = "",
    name: Annotated[str, typer.Argument(help="The runbook to show.")] = "",
    output: Annotated[Form, typer.Option(help="How to print it.")] = Form.TEXT,
    config: Config = None,
) -> None:
    """List the runbooks, or show one: its alerts, causes, reads and fixes.

    Example: opsbot runbooks show triage
    """
    from bot.commands import catalogue

    configure_logging(level="CRITICAL")  # what is refused is part of the list
    if not action:
        print(run(catalogue.listing(settings_of(config), output)))
        return
    if action != "show" or not name:
        fail("write: opsbot runbooks, or: opsbot runbooks show NAME", USAGE)
    print(run(catalogue.show(settings_of(config), name, output)))


def rbac(
    namespace: Annotated[list[str] | None, typer.Option(help="Only there; may be repeated.")] = None,
    home: Annotated[str, typer.Option(help="The namespace that opsbot runs in.")] = "opsbot",
    config: Config = None,
) -> None:
    """Print the smallest RBAC that the loaded runbooks need, as YAML.

    Example: opsbot rbac --namespace shop | kubectl apply -f -
    """
    from bot.commands import catalogue

    configure_logging(level="WARNING")
    print(run(catalogue.rbac(settings_of(config), namespace or [], home)), end="")


def coverage(
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Alert rules; - is standard input. May be repeated."),
    ] = None,
    output: Annotated[Plain, typer.Option(help="How to print it.")] = Plain.TEXT,
    config: Config = None,
) -> None:
    """Say which alert rules have a runbook, and which have not.

    Without --rules, those that the configured Prometheus has loaded. A FILE is a rule file, PrometheusRule objects, or
    the answer of /api/v1/rules. Ends with 0; with 2 when there are no rules, with 3 when Prometheus does not answer.

    Example: kubectl get prometheusrules --all-namespaces --output yaml | opsbot coverage --rules -
    """
    from bot.commands import coverage as covering

    configure_logging(level="WARNING")
    print(run(covering.coverage(settings_of(config), rules or [], output)))
