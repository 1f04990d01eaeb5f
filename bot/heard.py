"""What a person did in Slack, as small frozen values: typed a command, pressed a button. Standard library only.

Whoever receives Slack's requests makes them, and whoever answers people takes them; neither knows the other. Texts are as
Slack sent them.
"""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of one of our messages. `ts` and `thread` say which message; `private` that only this user sees it."""

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


Heard = Slash | Pressed
