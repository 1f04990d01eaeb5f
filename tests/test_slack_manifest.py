"""The Slack app's manifest is one that Slack takes, asks for what opsbot uses, and says why."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.commands.check_slack import SCOPES
from bot.ingest.slack_route import PATH

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "deploy/slack-app.yaml"
SCHEMA = json.loads((ROOT / "tests/samples/slack/manifest.schema.2.0.0.json").read_text())
_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
_SAYS_NOTHING = {"description", "default", "title", "format", "regex", "_note", "$schema", "definitions"}


def wrong(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """As much of JSON Schema as the schema uses for what we write; a word that is not known here is an error."""
    if "$ref" in schema:
        yield from wrong(value, SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")], at)
        return
    for word, said in schema.items():
        if word not in _SAYS_NOTHING | {"properties", "items"} and not _holds(word, said, value, schema):
            yield f"{at}: {word} {json.dumps(said)[:80]}"
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from wrong(inner, schema.get("properties", {}).get(name, {}), f"{at}.{name}")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from wrong(inner, schema.get("items", {}), f"{at}[{number}]")


def _holds(word: str, said: Any, value: Any, schema: dict[str, Any]) -> bool:
    kinds = tuple(_TYPES[kind] for kind in ([said] if word == "type" else ()))
    rules: dict[str, Callable[[], bool]] = {
        "type": lambda: isinstance(value, kinds),
        "required": lambda: set(said) <= set(value),
        "additionalProperties": lambda: said is not False or set(value) <= set(schema["properties"]),
        "pattern": lambda: re.search(said, value) is not None,
        "enum": lambda: value in said,
        "uniqueItems": lambda: not said or len(set(value)) == len(value),
        "maxLength": lambda: len(value) <= said,
        "maxItems": lambda: len(value) <= said,
        "minLength": lambda: len(value) >= said,
        "minItems": lambda: len(value) >= said,
    }
    return rules[word]()


@pytest.fixture
def manifest() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return content


def test_slack_takes_it(manifest: dict[str, Any]) -> None:
    assert list(wrong(manifest, SCHEMA)) == []


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("features", "slash_commands", 0, "command"), "ops", "pattern"),
        (("features", "slash_commands", 0, "surprise"), 1, "additionalProperties"),
        (("display_information", "name"), "x" * 36, "maxLength"),
        (("settings", "socket_mode_enabled"), "no", "type"),
        (("settings", "interactivity"), {}, "required"),
    ],
)
def test_what_slack_would_refuse_is_seen(
    manifest: dict[str, Any], path: tuple[str | int, ...], value: Any, what: str
) -> None:
    place: Any = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert [said.split(": ")[1].split()[0] for said in wrong(manifest, SCHEMA)] == [what]


def test_it_asks_for_exactly_what_is_used_and_says_why(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert set(scopes["bot"]) == set(SCOPES)
    for scope in scopes["bot"]:
        assert re.search(rf"- {scope} +# \w", MANIFEST.read_text()), f"{scope} has no reason"


def test_everything_leads_to_the_one_path(manifest: dict[str, Any]) -> None:
    urls = re.findall(r"https://opsbot\.example\.com(\S*)", MANIFEST.read_text())
    assert urls == [PATH, PATH]
    assert manifest["features"]["slash_commands"][0]["command"] == "/ops"
