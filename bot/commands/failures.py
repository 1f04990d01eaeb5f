"""What Slack's failures are to a person at a command line: what was said, and what to do."""

from bot.delivery.remedies import remedy
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, RateLimited


def said(failure: Failure) -> str:
    match failure:
        case Declined(error):
            return error
        case RateLimited(after):
            return f"rate limited for {after:g} s"
        case Ambiguous(reason) | NotSent(reason):
            return reason


def remedy_of(failure: Failure, channel: str) -> str:
    if isinstance(failure, Declined):
        return remedy(failure.error, channel)
    return "check SLACK_API_URL, the network and the proxy, then try again"
