"""Names in the quotes of many languages, and the codes that stand beside them. Pure building blocks of patterns."""

from bot.diagnosis.lines.pattern import Pattern, pattern

DATABASE = "database"
# Quotes of many languages: "x" 'x' «x» „x“ `x` 'x'.
QUOTES = "\"'`«»„“”‘’"
_Q = rf"[{QUOTES}]"


def named(fact: str) -> str:
    return rf"{_Q}(?P<{fact}>[^{QUOTES}\n]{{1,128}}){_Q}"


def by_code(id_: str, code: str, fact: str, *, alone: bool = True) -> tuple[Pattern, ...]:
    """A code with the name beside it, so that a name is found in any language; an envelope may keep the two apart.

    `alone`: the code says enough without a name.
    """
    name, said = rf"{_Q}(?P<{fact}>\s?\w[^{QUOTES}\n]{{0,127}}){_Q}", code_of(code)
    behind = rf"[^{QUOTES}\n]{{0,200}}?{name}"
    return (
        pattern(id_, DATABASE, code.lower(), rf"{name}[^{QUOTES}\n]{{0,200}}\Z", anchor=said),
        pattern(id_, DATABASE, code.lower(), name, anchor=said),
        pattern(id_, DATABASE, code.lower(), rf"{said}(?:{behind})?" if alone else rf"{said}{behind}"),
    )


def code_of(code: str) -> str:
    """A number is a code only where it is called one, or stands as drivers put it; an address may hold any."""
    if not code.isdecimal():
        return rf"(?<![\w/#?&-]){code}\b"
    return rf"(?:(?:SQLSTATE|code|errcode|errno|state)[^\w\n]{{0,4}}{code}\b|[(\[]{code}[)\]]|: {code}: )"
