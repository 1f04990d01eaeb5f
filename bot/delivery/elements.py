"""What can be pressed, chosen from or typed into, within Slack's limits: https://docs.slack.dev/reference/block-kit/block-elements

Texts come escaped. Nothing here knows a message or a modal.
"""

from typing import Any

from bot.delivery.plaintext import cut, units

BUTTON = 75
VALUE = 2000
LABEL = 2000
PLACEHOLDER = 150
CHOICE = 75
CHOICES = 100

Element = dict[str, Any]


def usable(button: Element) -> bool:
    """What a press says must come back whole."""
    return units(button.get("value", "")) <= VALUE


def within_input(block: Element) -> Element:
    """Label, hint and what stands in the field before anybody types."""
    bounded = {**block, "element": within_element(block["element"])}
    for name in {"label", "hint"} & set(block):
        bounded[name] = _cut_text(block[name], LABEL)
    return bounded


def within_element(element: Element) -> Element:
    bounded = dict(element)
    if "text" in element:
        bounded["text"] = _cut_text(element["text"], BUTTON)
    if "placeholder" in element:
        bounded["placeholder"] = _cut_text(element["placeholder"], PLACEHOLDER)
    if "options" in element:
        bounded["options"] = [
            {**option, "text": _cut_text(option["text"], CHOICE)} for option in element["options"][:CHOICES]
        ]
    return bounded


def _cut_text(text: Element, limit: int) -> Element:
    return {**text, "text": cut(text["text"], limit, escaped=True)}
