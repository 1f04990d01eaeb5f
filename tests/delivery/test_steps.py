"""Commands and what is remarked on them: parted where a shell would see a comment, and nowhere else."""

import pytest

from bot.delivery.steps import Step, command_of, flat, only_looks, step_of


@pytest.mark.parametrize(
    ("text", "command", "remark"),
    [
        ("kubectl get pods  # all ready", "kubectl get pods", "all ready"),
        ("kubectl get pods   # it's ready (200)", "kubectl get pods", "it's ready (200)"),
        ("kubectl get pods # 'half a quote", "kubectl get pods", "'half a quote"),
        ("# first\nkubectl get pods", "kubectl get pods", "first"),
        ("a \\\n  b  # one\nc  # two", "a \\\n  b\nc", "one two"),
        ("a;# at once", "a;", "at once"),
        ("a  #", "a", ""),
    ],
)
def test_a_remark_is_parted_from_its_command(text: str, command: str, remark: str) -> None:
    assert command_of(text) == Step(command, remark)


@pytest.mark.parametrize(
    "text",
    [
        "sed -i 's # x '",
        'echo "a # b"',
        'echo "it\'s # b"',
        "echo a\\ #b",
        "echo ${#name} $#",
        "echo ${name #x}",
        "echo x#y",
        "echo \\# y",
        "curl http://host/#part",
        'echo "a\\" # b"',
        "printf 'one\n# two'\nend",
    ],
)
def test_what_a_shell_takes_for_no_comment_stays(text: str) -> None:
    assert command_of(text) == Step(text)


def test_a_sentence_is_no_command() -> None:
    assert step_of("ArgoCD shows it as # 1") == Step("", "ArgoCD shows it as # 1")
    steps = (step_of("kubectl get pods  # ready"), step_of("The portal shows numbers"))
    assert flat(steps) == ("kubectl get pods", "ready", "The portal shows numbers")


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods",
        "kubectl --namespace=shop describe hpa/web",
        "kubectl logs deployment/web | grep -c refused",
        "promtool query instant \"$PROMETHEUS_URL\" 'up > 0'",
        "git grep -n 'PROMETHEUS_URL'",
        "argocd app get web",
        "helm list --all",
        "grep --no-filename 'v' \"$(go list -m x)/builtin.go\"",
    ],
)
def test_what_only_looks(command: str) -> None:
    assert only_looks(command)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl set resources deployment/web --limits=memory=1Gi",
        "kubectl delete pod get",
        "kubectl -n get delete pod web",
        "kubectl get job/x --output=json > job.json",
        "kubectl get pod/x --output=yaml | kubectl replace --force --filename=-",
        "git grep -lw a -- k8s | xargs -r sed -i 's#a#b#'",
        "argocd app sync get",
        "kubectl get x && kubectl delete x",
        "somebody list",
        "kubectl get 'half",
    ],
)
def test_what_may_change_something(command: str) -> None:
    assert not only_looks(command)
