"""What every command does the same way: its settings, its `name=value` options, and an error as one line with an exit code."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from bot.settings import Settings, SettingsError, from_environment

T = TypeVar("T")
Config = Annotated[str | None, typer.Option("--config", metavar="FILE", help="The configuration file.")]
FAILED, USAGE, BLIND, INTERRUPTED = 1, 2, 3, 130


def settings_of(config: str | None) -> Settings:
    try:
        return from_environment(config)
    except SettingsError as error:
        fail(str(error), USAGE)


def pairs(option: str, texts: Sequence[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"{option}: {text!r} is not name=value", USAGE)
        found[name] = value
    return found


def run(work: Coroutine[Any, Any, T]) -> T:
    """Errors that a person can mend are one line; anything else is a defect and keeps its traceback."""
    from bot.commands import errors

    try:
        return asyncio.run(work)
    except errors.USAGE as error:
        fail(str(error), USAGE)
    except errors.BLIND as error:
        fail(str(error), BLIND)
    except errors.FAILED as error:
        fail(str(error), FAILED)


def fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"opsbot: {sentence}", err=True)
    raise typer.Exit(code)
