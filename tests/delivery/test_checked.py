"""The judges of messages themselves: what they let through and what not, and that no test goes around them."""

import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models import blocks as library
from slack_sdk.models.views import View

from bot.delivery.blockkit import Block, code, date, link, mrkdwn, quiet, since, strong
from tests.delivery.builders import START, an_incident
from tests.delivery.conftest import words_in
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.inert import lively
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_types import SHAPES, mistyped_view

TESTS = Path(__file__).parents[1]


def marked(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": text}}


def plain(text: str, *, emoji: bool = False) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "emoji": emoji, "text": text}]}


@pytest.mark.parametrize(
    "block",
    [
        marked(strong("● Confirmed: *x*")),
        marked(mrkdwn(strong("a"), "\n*b* `c` ~d~ _e_ :smile: <!channel>")),
        marked(code("a `b` *c* <@U1>")),
        marked(mrkdwn("since ", date(START), " or ", since(START))),
        marked(link("https://a.example/?a=1&b=2", "*there*".replace("*", ""))),
        marked(quiet("snake_case and 7 * 7")),
        plain("*b* :smile: &lt;!channel&gt;"),
    ],
)
def test_what_is_ours_is_let_through(block: Block) -> None:
    assert lively("plain words", [block]) == []


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("<!channel>", plain("x")),
        ("*bold*", plain("x")),
        (":smile:", plain("x")),
        ("a &copy; b", plain("x")),
        ("a\u202eb", plain("x")),
        ("x", marked("<@U1>")),
        ("x", marked("see *this*")),
        ("x", marked("*one*\n*two*")),
        ("x", marked("```\na ``` b\n```")),
        ("x", marked("<https://a.example|*there*>")),
        ("x", marked("<mailto:a@b.example|mail>")),
        ("x", plain("a <b> c")),
        ("x", plain("x", emoji=True)),
    ],
)
def test_what_is_not_ours_is_found(text: str, block: Block) -> None:
    assert lively(text, [block]) != []


def broken(folder: Path, top: str) -> CheckedLayouts:
    (folder / "slack").mkdir()
    (folder / "text").mkdir()
    (folder / "slack" / "top.json.j2").write_text(top)
    (folder / "text" / "top.txt.j2").write_text("{{ it.first }}")
    return CheckedLayouts(words_in("en"), folder=folder)


@pytest.mark.parametrize(
    "top",
    [
        '[{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}, null]',
        '[{"type": "section", "text": {"type": "plain_text", "text": "x", "bold": true}}, null]',
        '[{"type": "carousel"}, null]',
        '[{"type": "section", "text": {"type": "plain_text", "text": "x", "emoji": {{ "false" }}}}, null]',
        '[{"type": "header", "block_id": 7, "text": {"type": "plain_text", "text": "x"}}, null]',
    ],
)
def test_a_layout_that_slack_would_refuse_fails_where_it_is_rendered(tmp_path: Path, top: str) -> None:
    with pytest.raises(AssertionError):
        broken(tmp_path, top).parts(an_incident())


async def test_what_a_running_bot_sends_is_held_to_the_limits() -> None:
    message: dict[str, Any] = {"channel": "alerts", "blocks": [{"type": "carousel"}]}
    with pytest.raises(AssertionError, match="invalid_blocks"):
        async with FakeSlack().running() as slack:
            slack.call("chat.postMessage", message)


def modal(**changes: Any) -> dict[str, Any]:
    words = {"type": "plain_text", "text": "x"}
    field = {"type": "plain_text_input", "action_id": "a", "multiline": True, "max_length": 9}
    block = {"type": "input", "block_id": "b", "label": words, "element": field, "optional": True}
    view = {"type": "modal", "title": words, "submit": words, "callback_id": "c", "blocks": [block]}
    for holder in (view, block, field):
        holder.update({name: value for name, value in changes.items() if name in holder})
    return view


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"optional": "true"}, "must be a boolean [json-pointer:/view/blocks/0/optional]"),
        ({"optional": 1}, "must be a boolean [json-pointer:/view/blocks/0/optional]"),
        ({"multiline": "false"}, "must be a boolean [json-pointer:/view/blocks/0/element/multiline]"),
        ({"max_length": "9"}, "must be an integer [json-pointer:/view/blocks/0/element/max_length]"),
        ({"max_length": True}, "must be an integer [json-pointer:/view/blocks/0/element/max_length]"),
        ({"block_id": None}, "must be a string [json-pointer:/view/blocks/0/block_id]"),
        ({"label": "x"}, "must be one of plain_text [json-pointer:/view/blocks/0/label]"),
        ({"callback_id": 3}, "must be a string [json-pointer:/view/callback_id]"),
        ({"blocks": {}}, "must be an array [json-pointer:/view/blocks]"),
        ({"title": {"type": "mrkdwn", "text": "x"}}, "must be one of plain_text [json-pointer:/view/title]"),
    ],
)
def test_a_field_of_another_type_than_slack_takes(changes: dict[str, Any], told: str) -> None:
    assert mistyped_view(modal(**changes)) == ([told] if told else [])


async def test_a_modal_that_slack_would_refuse_fails_the_test_that_opened_it() -> None:
    slack = FakeSlack()
    asked = {"trigger_id": slack.views.trigger(), "view": modal(optional="true")}
    with pytest.raises(AssertionError, match="must be a boolean"):
        async with slack.running():
            slack.call("views.open", asked)


MODELS = {
    "plain_text": library.PlainTextObject,
    "mrkdwn": library.MarkdownTextObject,
    "divider": library.DividerBlock,
    "header": library.HeaderBlock,
    "section": library.SectionBlock,
    "context": library.ContextBlock,
    "actions": library.ActionsBlock,
    "image": library.ImageBlock,
    "input": library.InputBlock,
    "button": library.ButtonElement,
    "static_select": library.StaticSelectElement,
    "radio_buttons": library.RadioButtonsElement,
    "checkboxes": library.CheckboxesElement,
    "plain_text_input": library.PlainTextInputElement,
    "modal": View,
}


def test_the_judge_of_types_knows_no_field_that_the_library_does_not() -> None:
    for kind, fields in SHAPES.items():
        assert set(fields) <= set(signature(MODELS[kind]).parameters), kind


def test_no_test_has_layouts_of_its_own() -> None:
    own = re.compile(r"(?<!\w)Layouts\(")
    files = (
        path for path in TESTS.rglob("*.py") if path.name not in {"checked_layouts.py", Path(__file__).name}
    )
    assert [path.name for path in files if own.search(path.read_text())] == []
