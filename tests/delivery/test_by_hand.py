"""Commands for a person where the bot has found nothing or could not look: whole, quoted, and fit for the kind of thing."""

import shlex

import pytest

from bot.delivery.by_hand import by_hand, look_yourself
from bot.delivery.steps import only_looks
from bot.model import Target
from tests.delivery.conftest import words_in


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        (
            Target("default", "shop", "Deployment", "web"),
            [
                "kubectl describe deployment/web --namespace=shop",
                "kubectl logs deployment/web --all-containers --tail=50 --namespace=shop --previous",
                "kubectl get events --sort-by=.lastTimestamp --namespace=shop",
            ],
        ),
        (
            Target("default", "", "Node", "n1"),
            ["kubectl describe node/n1", "kubectl get events --sort-by=.lastTimestamp --all-namespaces"],
        ),
        (
            Target("default", "argocd", "Application", "web"),
            [
                "kubectl describe applications.argoproj.io/web --namespace=argocd",
                "kubectl get events --sort-by=.lastTimestamp --namespace=argocd",
            ],
        ),
    ],
)
def test_what_a_person_types(target: Target, commands: list[str]) -> None:
    steps = by_hand(target, words_in("en"))
    assert [step.command for step in steps] == commands
    assert all(map(only_looks, commands))


def test_a_name_is_one_word_for_the_shell() -> None:
    steps = by_hand(Target("default", "shop; reboot", "Pod", "$(reboot)"), words_in("en"))
    assert all("pod/$(reboot)" in shlex.split(step.command) for step in steps[:2])
    assert all("--namespace=shop; reboot" in shlex.split(step.command) for step in steps)


def test_the_channel_shows_the_log_of_the_life_before(language: str) -> None:
    todo = look_yourself(Target("default", "shop", "Deployment", "web"), words_in(language))
    assert (len(todo.commands), todo.rest) == (1, 2)
    assert "--previous" in todo.commands[0]
