"""Commands for a person to paste: how to ask by hand what a look asks. Text only; nothing here runs anything.

Names come from alert labels, so every word is quoted, and none of them can start an option.
"""

import shlex

# Times only: the content of a ConfigMap or Secret never belongs on a screen that is shared.
TIMES_ONLY = "--output=jsonpath={.metadata.managedFields[*].time}"


def kubectl(*words: str, namespace: str = "", everywhere: bool = False) -> str:
    place = (f"--namespace={namespace}",) if namespace else ("--all-namespaces",) if everywhere else ()
    return shlex.join(("kubectl", *words, *place))


def promtool(mode: str, expr: str, *options: str) -> str:
    return f'promtool query {" ".join((mode, *options))} "$PROMETHEUS_URL" {shlex.quote(expr)}'
