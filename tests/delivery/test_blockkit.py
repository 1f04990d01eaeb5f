"""Block Kit without I/O: our own marks, and the limits of blocks, messages and threads."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.blockkit import (
    BLOCKS,
    HEADER,
    SECTION,
    TOTAL,
    Block,
    Mrkdwn,
    code,
    date,
    escape,
    fit,
    fits_code,
    inert,
    link,
    mrkdwn,
    paginate,
    plain,
    prose,
    weight,
)
from tests.fakes.slack_limits import refused

MORE = "… {count} more lines"


def marked(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": text}}


def test_exactly_three_characters_are_escaped() -> None:
    assert escape("<a> & \"b\" 'c' /") == "&lt;a&gt; &amp; \"b\" 'c' /"
    assert escape("&lt;") == "&amp;lt;"


def test_markup_is_only_what_we_made() -> None:
    assert mrkdwn("<!channel>", Mrkdwn(" · "), date(datetime(2026, 1, 1, tzinfo=UTC))) == (
        "&lt;!channel&gt; · <!date^1767225600^{date_short_pretty} {time}|2026-01-01 00:00 UTC>"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*bold* _it_ ~gone~ `x`", "∗bold∗ ˍitˍ ∼gone∼ ˋxˋ"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3", "2 * 3"),
        (":smile: at 12:34:56", "∶smile: at 12:34:56"),
    ],
)
def test_formatting_in_the_top_level_text_is_inert(text: str, said: str) -> None:
    assert inert(text) == said


def test_code_cannot_be_left() -> None:
    assert code("a ```` b `c`") == "```\na ˋˋˋˋ b `c`\n```"
    assert code("kubectl get x > <y> && z") == "```\nkubectl get x &gt; &lt;y&gt; &amp;&amp; z\n```"


def test_a_command_fits_whole_or_not_at_all() -> None:
    assert fits_code("x" * (SECTION - 8))
    assert not fits_code("x" * (SECTION - 7))
    assert not fits_code("&" * 1000)


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example/x?q=1&r=<2>|3", "<https://a.example/x?q=1&amp;r=%3C2%3E%7C3|Here>"),
        ("http://a.example/한", "<http://a.example/%ED%95%9C|Here>"),
        ("javascript:alert(1)", "Here"),
        ("https://", "Here"),
        ("https://a.example/\u202ex", "Here"),
        ("https://[", "Here"),
        ("https://a.example/" + "x" * 3000, "Here"),
    ],
)
def test_links_are_http_or_words(url: str, made: str) -> None:
    assert link(url, "Here") == made


def test_a_label_cannot_end_its_link() -> None:
    assert link("https://a.example", "a|b>c") == "<https://a.example|a∣b&gt;c>"


@pytest.mark.parametrize(
    ("block", "limit"),
    [
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 500}}, HEADER),
        (prose("x" * 9000), SECTION),
        (marked("x" * 9000), SECTION),
    ],
)
def test_a_long_text_is_cut_to_its_limit(block: Block, limit: int) -> None:
    (cut,) = fit([block], more=MORE)
    assert len(cut["text"]["text"]) <= limit
    assert cut["text"]["text"].endswith("…")


def test_a_fence_that_is_cut_is_closed_again() -> None:
    (block,) = fit([marked(code("line\n" * 2000))], more=MORE)
    assert block["text"]["text"].endswith("\n…\n```")
    assert len(block["text"]["text"]) <= SECTION


def test_a_date_or_link_is_never_torn() -> None:
    (block,) = fit([marked("x" * (SECTION - 20) + link("https://a.example/long/path", "label"))], more=MORE)
    assert "<" not in block["text"]["text"]


def test_empty_texts_are_left_out() -> None:
    empty = {"type": "plain_text", "text": " "}
    assert fit([prose(""), {"type": "section", "fields": [empty]}], more=MORE) == []


def test_many_blocks_end_with_how_much_is_left_out() -> None:
    blocks = fit([prose(f"one\ntwo {number}") for number in range(80)], more=MORE)
    assert len(blocks) == BLOCKS
    assert blocks[-1]["elements"][0]["text"] == f"… {2 * (80 - 49)} more lines"


def test_pages_keep_the_order_and_the_sum() -> None:
    pages = paginate([prose(f"{number} " + "x" * 1400) for number in range(30)], most=3, more=MORE)
    assert len(pages) == 3
    assert all(weight(page) <= TOTAL for page in pages)
    told = [int(plain([block]).split()[0]) for page in pages for block in page if block["type"] == "section"]
    assert told == list(range(len(told)))
    assert pages[-1][-1]["elements"][0]["text"] == f"… {30 - len(told)} more lines"


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=30).flatmap(
    lambda text: st.integers(0, 600).map(lambda times: text * times)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(prose, _TEXTS) | st.builds(lambda text: marked(code(text)), _TEXTS), max_size=70))
def test_whatever_is_fitted_is_taken(blocks: list[Block]) -> None:
    fitted = fit(blocks, more=MORE)
    assert not fitted or refused({"blocks": fitted}, update=False) == ""


def buttons(*values: str, label: str = "Press") -> Block:
    elements = [
        {
            "type": "button",
            "action_id": f"a:{number}",
            "text": {"type": "plain_text", "text": label},
            "value": value,
        }
        for number, value in enumerate(values)
    ]
    return {"type": "actions", "elements": elements}


def test_a_button_comes_back_whole_or_is_not_there() -> None:
    (block,) = fit([buttons("x" * 2000, "x" * 2001, "y")], more=MORE)
    assert [element["value"] for element in block["elements"]] == ["x" * 2000, "y"]
    assert fit([buttons("x" * 2001)], more=MORE) == []


@pytest.mark.parametrize("block", [buttons(*["v" * 2000] * 40, label="l" * 100), buttons(*"abc" * 20)])
def test_too_many_buttons_become_fewer(block: Block) -> None:
    fitted = fit([block], more=MORE)
    assert 0 < len(fitted[0]["elements"]) <= 25
    assert refused({"blocks": fitted, "text": "x"}, update=False) == ""


def test_a_block_that_nothing_makes_smaller_is_left_out() -> None:
    assert fit([{"type": "image", "alt_text": "x" * 20_000}, prose("kept")], more=MORE) == [prose("kept")]


def test_the_words_of_buttons_are_not_words_of_the_message() -> None:
    assert plain([prose("Which one?"), buttons("a")]) == "Which one?"


def test_plain_words_of_blocks() -> None:
    fields = [
        {"type": "mrkdwn", "text": "Since\n<!date^1^{time}|then>"},
        {"type": "plain_text", "text": "two"},
    ]
    blocks: list[Block] = [marked(code("a &\nb")), {"type": "section", "fields": fields}, {"type": "divider"}]
    assert plain(blocks) == "a &amp;\nb\nSince\nthen\ntwo"
