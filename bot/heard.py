"""What a person did in Slack, as small frozen values: typed a command, pressed a button, sent a form. Standard library only.

Whoever receives Slack's requests makes them, and whoever answers people takes them; neither knows the other. Texts are as
Slack sent them. Names are for people to read; who somebody is says the id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slash:
    """A slash command; `command` is its name as this workspace has it, such as /ops."""

    user: str
    channel: str
    command: str
    text: str
    response_url: str = ""
    trigger: str = ""
    team: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of one of our messages. `ts` and `thread` say which message; `private` that only this user sees it.

    Pressed inside a modal, or an input of it changed: `view` is its id and `hash` its version, `kept` what we gave it to keep,
    `fields` what its inputs hold, by action id. A modal is in no channel.
    """

    user: str
    channel: str
    action: str
    value: str
    ts: str = ""
    thread: str = ""
    private: bool = False
    response_url: str = ""
    trigger: str = ""
    team: str = ""
    name: str = ""
    view: str = ""
    hash: str = ""
    kept: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The form of a modal, sent off. `callback` says which form; the rest is as in `Pressed`."""

    user: str
    name: str
    callback: str
    view: str
    kept: str
    fields: Mapping[str, str]
    team: str = ""
    channel: str = ""
    response_url: str = ""
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How something was taken: `said` is why it was not, empty where it was. `problems` are what is wrong with a form, by
    the block that it stands under; the form then stays open.
    """

    said: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


TAKEN = Receipt()

Heard = Slash | Pressed | Submitted
