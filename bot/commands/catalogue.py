"""`opsbot runbooks` and `opsbot rbac`: what is loaded, what was refused, and what all of it may read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment

from bot.catalogue import Catalogue, catalogue_of
from bot.commands.diagnose import NoTargetError
from bot.delivery.words import Words
from bot.diagnosis.rbac import manifest
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Read
from bot.settings import Settings

_SCHEMA = 1
_DOCS = Path(__file__).resolve().parents[2] / "docs"
_BUILT_IN = "built-in"
_HEADS = {"name": "runbook", "count": "causes", "origin": "from", "summary": "what it says"}


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class _Shelf:
    catalogue: Catalogue
    words: Words
    settings: Settings

    def origin(self, name: str) -> str:
        return str(self.catalogue.files.get(name, _BUILT_IN))


async def listing(settings: Settings, form: Form) -> str:
    shelf = await _shelf(settings)
    documents = [_brief(shelf, runbook) for runbook in shelf.catalogue.runbooks]
    refused = [
        {"name": one.name, "file": str(one.file), "reasons": list(one.reasons)}
        for one in shelf.catalogue.refused
    ]
    if form is Form.JSON:
        return _json({"schema": _SCHEMA, "runbooks": documents, "refused": refused})
    # Where nothing comes from a folder there is nothing to say about it.
    columns = (
        ("name", "count", "origin", "summary") if shelf.catalogue.files else ("name", "count", "summary")
    )
    told = [{**one, "count": str(len(one["causes"]))} for one in documents]
    rows = [[one[column] for column in columns] for one in told]
    heads = [_HEADS[column] for column in columns]
    table = _markdown_table(heads, rows) if form is Form.MARKDOWN else _table(heads, rows)
    return "\n".join([table, *(f"\nrefused: {one}" for one in shelf.catalogue.refused)])


async def show(settings: Settings, name: str, form: Form) -> str:
    shelf = await _shelf(settings)
    runbook = shelf.catalogue.find(name)
    if runbook is None:
        raise NoTargetError(shelf.catalogue.unknown(name))
    document = _whole(shelf, runbook)
    if form is Form.JSON:
        return _json(document)
    return _page(document) if form is Form.MARKDOWN else _text(document)


async def rbac(settings: Settings, namespaces: Sequence[str], home: str) -> str:
    catalogue = await catalogue_of(settings.runbooks)
    catalogue.tell()
    return manifest(catalogue.reads, namespaces, home=home)


async def _shelf(settings: Settings) -> _Shelf:
    catalogue = await catalogue_of(settings.runbooks)
    return _Shelf(catalogue, catalogue.words(settings.delivery.language), settings)


def _brief(shelf: _Shelf, runbook: Runbook[Any]) -> dict[str, Any]:
    return {
        "name": runbook.name,
        "title": shelf.words.runbook_title(runbook.name),
        "summary": shelf.words.runbook_summary(runbook.name),
        "origin": shelf.origin(runbook.name),
        "causes": [
            {"id": cause.id, "name": shelf.words.cause_name(runbook.name, cause.id)}
            for cause in runbook.causes
        ],
    }


def _whole(shelf: _Shelf, runbook: Runbook[Any]) -> dict[str, Any]:
    configured = (match for match in shelf.settings.runbooks.match if match.runbook == runbook.name)
    return {
        "schema": _SCHEMA,
        **_brief(shelf, runbook),
        "alerts": [*runbook.alerts, *(",".join(map(str, match.matchers)) for match in configured)],
        "kinds": list(runbook.kinds),
        "reads": [_read(read) for read in runbook.reads],
        "fixes": _fixes(shelf.words, runbook.name),
        "text": _page_of(shelf.catalogue, runbook.name),
    }


def _read(read: Read) -> dict[str, Any]:
    return {
        "source": read.source.value,
        "group": read.group,
        "resources": list(read.resources),
        "verbs": list(read.verbs) if read.resources else [],
        "cluster_wide": read.cluster_wide,
        "why": read.why,
    }


def _fixes(words: Words, name: str) -> list[dict[str, str]]:
    fixes = words.dictionary.find(name, "fixes")
    titles = {key: words.dictionary.find(name, "fixes", key, "title") for key in fixes or ()}
    return [{"key": key, "title": _outline(str(title or key))} for key, title in titles.items()]


def _outline(template: str) -> str:
    """A title as it stands in the templates, with the names of its facts where they will be."""
    said: list[str] = []
    inside = first = ""
    for _, kind, value in Environment(autoescape=True).lex(template):
        if kind == "data":
            said.append(value)
        elif kind in {"variable_begin", "block_begin"}:
            inside, first = kind, ""
        elif kind in {"name", "string"} and not first:
            first = value
            if inside == "variable_begin":
                said.append(f"<{value}>" if kind == "name" else value[1:-1])
            elif value in {"else", "elif"}:
                said.append(" / ")
    return " ".join("".join(said).split())


def _page_of(catalogue: Catalogue, name: str) -> str:
    """What the documentation says, where it is at hand: it is not part of an installed package."""
    file = catalogue.files.get(name)
    places = [file.parent / "docs"] if file else [_DOCS / "runbooks", _DOCS]
    found = (place / f"{name}.md" for place in places)
    return next((page.read_text(encoding="utf-8") for page in found if page.is_file()), "")


# -- as text and as Markdown


def _sections(document: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    chosen = [*document["alerts"], *(f"any alert about a {kind}" for kind in document["kinds"])]
    return {
        "Alerts": [(one,) for one in chosen or ["any that no other runbook names"]],
        "Causes": [(cause["id"], cause["name"]) for cause in document["causes"]],
        "Reads": [(_granted(read), read["why"]) for read in document["reads"]],
        "Fixes": [(fix["key"], fix["title"]) for fix in document["fixes"]],
    }


def _granted(read: Mapping[str, Any]) -> str:
    what = f"{', '.join(read['verbs'])} {', '.join(read['resources'])}" if read["resources"] else "queries"
    return f"{read['source']}: {what}"


def _text(document: Mapping[str, Any]) -> str:
    lines = [f"{document['name']}: {document['title']}", document["summary"]]
    if document["origin"] != _BUILT_IN:
        lines.append(f"from {document['origin']}")
    for name, rows in _sections(document).items():
        if rows:
            lines += ["", name, _table((), rows, indent="  ")]
    return "\n".join([*lines, *(["", document["text"].rstrip()] if document["text"] else [])])


def _page(document: Mapping[str, Any]) -> str:
    lines = [
        f"# {document['title']}",
        "",
        f"`{document['name']}` ({document['origin']})",
        "",
        document["summary"],
    ]
    for name, rows in _sections(document).items():
        if rows:
            told = (": ".join((f"`{row[0]}`", *row[1:])) for row in rows)
            lines += ["", f"## {name}", *(f"- {one}" for one in told)]
    return "\n".join([*lines, *(["", document["text"].rstrip()] if document["text"] else [])])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "") -> str:
    every = [heads, *rows] if heads else rows
    widths = [max(len(row[place]) for row in every) for place in range(len(rows[0]))]
    return "\n".join(
        (indent + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in every
    )


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
