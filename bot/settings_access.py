"""Who may use the bot in Slack, from the file: ids and globs, and whatever would let in more people than was meant refused.

Names of users and channels are refused, because they change and are given away.
"""

import re

from bot.settings_file import Section, SettingsError
from bot.settings_types import AccessSettings, SlackSettings

_DIRECT = "direct"


def read_access(section: Section) -> AccessSettings:
    with section:
        users, groups = _ids(section, "users", "UW"), _ids(section, "groups", "S")
        ask = section.text("ask")
        with section.section("channels") as channels:
            seen = {name: _seen(channels, name) for name in channels.names()}
        if _DIRECT in seen and not (users or groups):
            # Anybody in the workspace can write to the bot.
            why = "needs users or groups beside it: direct messages come from the whole workspace"
            raise SettingsError(channels.path(_DIRECT), why)
        return AccessSettings(users, seen, groups, ask)


def _ids(section: Section, name: str, first: str) -> tuple[str, ...]:
    found = section.texts(name)
    for number, one in enumerate(found):
        if not re.fullmatch(rf"[{first}][A-Z0-9]{{2,}}", one):
            example = {"users": "U0123456789", "groups": "S0123456789"}[name]
            raise SettingsError(
                f"{section.path(name)}[{number}]", f"must be an id of Slack such as {example}, not a name"
            )
    return found


def _seen(channels: Section, name: str) -> tuple[str, ...]:
    if name != _DIRECT and not re.fullmatch(r"[CG][A-Z0-9]{2,}", name):
        raise SettingsError(
            channels.path(name),
            f"must be an id of Slack such as C0123456789, or {_DIRECT}; a name can change",
        )
    globs = channels.texts(name)
    if not globs:
        raise SettingsError(
            channels.path(name), "must name the namespaces that it sees; ['*'] is all of them"
        )
    return globs


def open_to_all(access: AccessSettings, slack: SlackSettings | None) -> tuple[str, ...]:
    """A note for whoever starts a bot that takes commands from everybody."""
    commanded = slack is not None and (slack.signing_secret or slack.app_token)
    if not commanded or access.users or access.groups or access.channels:
        return ()
    return ("access is open: everybody in the Slack workspace may ask about every namespace",)
