"""Slack's errors by what can be done about them, and the sentence that tells a person. Pure.

Names: https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

# The blocks are not to Slack's taste: the words still are.
CONTENT = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "invalid_attachments",
        "no_text",
    }
)
# The message is not there any more.
GONE = frozenset({"message_not_found", "thread_not_found"})
# It is there and stays as it is. A state that nobody can read is worse than a second message, so a new one is posted.
UNEDITABLE = frozenset({"cant_update_message", "edit_window_closed", "message_not_owned_by_app"})
# Nothing in it can be edited, and waiting does not help.
CLOSED = frozenset({"channel_not_found", "not_in_channel", "is_archived", "is_inactive"})

_INVITE = "invite the bot: /invite @opsbot in {channel}"
_TOKEN = "put a valid bot token of this workspace into SLACK_BOT_TOKEN and restart"  # noqa: S105 - a sentence
_ADMIN = "ask a workspace admin to let the app post in {channel}, or route to another channel"
_ARCHIVED = "unarchive {channel}, or route to another channel in delivery.routes"
_REMEDIES = {
    "channel_not_found": "check the name {channel} in delivery.routes; if it is private, " + _INVITE,
    "not_in_channel": _INVITE,
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,  # what chat.update says where chat.postMessage says is_archived
    "restricted_action": _ADMIN,
    "restricted_action_read_only_channel": _ADMIN,
    "restricted_action_thread_only_channel": _ADMIN,
    "restricted_action_non_threadable_channel": _ADMIN,
    "no_permission": _ADMIN,
    "access_denied": _ADMIN,
    "accesslimited": _ADMIN,
    "enterprise_is_restricted": _ADMIN,
    "team_access_not_granted": _ADMIN,
    "org_login_required": _ADMIN,
    "channel_type_not_supported": "route to a public or private channel instead of {channel}",
    "messages_tab_disabled": "route to a channel instead of {channel}",
    "ekm_access_denied": "ask a workspace admin: the encryption keys for {channel} are suspended",
    "missing_scope": "add the scope chat:write to the app and reinstall it, then post to {channel} works",
    "not_allowed_token_type": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "account_inactive": _TOKEN,
    "team_not_found": _TOKEN,
    "http_404": "check SLACK_API_URL: there is no Slack API",
}
CHANNEL = frozenset(_REMEDIES)

# Refused to an edit, or to a look-up: to be able to post is another matter.
EDIT = "edit:"
LOOK_UP = "lookup:"
_LOOK_UP_REMEDY = (
    "give the app channels:history (groups:history for private channels) and invite it to {channel}: "
    "without that an uncertain post is repeated"
)


def remedy(error: str, channel: str) -> str:
    if error.startswith(LOOK_UP):
        return _LOOK_UP_REMEDY.format(channel=channel)
    return _REMEDIES.get(error.removeprefix(EDIT), "see the log").format(channel=channel)
