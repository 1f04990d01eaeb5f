"""The Jinja environments of the house: sandboxed, strict about what is undefined, and safe by what `finalize` does.

Templates are data that an on-call engineer edits; facts are never templates. Jinja's sandbox still lets `10**20000000`
through, so powers and repeated text are refused here. Nothing here knows a sentence or a layout.
"""

import json
from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined, TemplateError, pass_context
from jinja2.exceptions import SecurityError
from jinja2.loaders import BaseLoader
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from bot.delivery import filters
from bot.delivery.blockkit import escape

# All that a template can raise: its own errors, and those of what filters and operators meet in the facts.
TEMPLATE_FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class Sandbox(SandboxedEnvironment):
    """A sandbox in which no expression can eat the machine."""

    intercepted_binops = frozenset({"**", "*"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or not numbers:
            raise SecurityError(f"{operator} is not for templates")
        return super().call_binop(context, operator, left, right)


def sandbox(
    *,
    finalize: Callable[[Any], Any],
    duration: Callable[[object], str],
    ago: Callable[[object], str],
    loader: BaseLoader | None = None,
    autoescape: bool = False,
) -> Sandbox:
    environment = Sandbox(
        loader=loader,
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        sh=filters.sh,
        bytes=filters.size,
        time=filters.time,
        shorten=filters.shorten,
        duration=duration,
        ago=ago,
    )
    return environment


# Taking the context keeps Jinja from applying this to constants when it compiles, where it would escape them first.
@pass_context
def as_json(_context: Context, value: Any) -> Any:
    """`finalize` of JSON layouts: every expression becomes a JSON value, and its text is escaped for Slack.

    Markup is what a macro of the layout gave: JSON already.
    """
    if isinstance(value, Markup):
        return value
    # Jinja escapes on its own what is not Markup, in a way that is wrong for JSON.
    return Markup(json.dumps(escape(value) if isinstance(value, str) else value, ensure_ascii=False))  # noqa: S704 - no HTML
