"""How crashloop_db_auth starts a workload anew: a Job that has given up is made again, never "restarted" by its pod."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.worded import WordedFinding
from bot.delivery.wording_check import missing_words
from bot.delivery.words import Words
from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.evidence import Condition, LogTail, PodList
from bot.diagnosis.scene import Tail
from bot.model import Layer
from tests.runbooks.db_cases import (
    HBA,
    MAPS,
    NEW,
    NO_ROLE,
    ONE_MAP,
    PASSWORD,
    REFUSED,
    found,
    given,
    refused,
    settings,
)
from tests.runbooks.db_login_cases import BY_ENV
from tests.snapshots import TARGET, looping, pod, terminated

GIVEN_UP = (Condition("Failed", "True", "BackoffLimitExceeded"),)
JOB = replace(TARGET, kind="Job", name="migrate")
CRON = replace(TARGET, kind="CronJob", name="nightly")
ROLLOUT = replace(TARGET, kind="Rollout", name="web")
HELM_HOOK = {"helm.sh/hook": "pre-upgrade"}
HELM_LABELS = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "shop"}
ARGO_HOOK = {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/tracking-id": "shop:batch/Job:shop/migrate"}  # fmt: skip


def job(*lines: str, gave_up: bool = True, **more: Any) -> Evidence:
    """A Job whose only pod failed; keywords are of the workload, `secret` of the settings."""
    secret = {"secret": more.pop("secret")} if "secret" in more else {}
    state = terminated(1) if gave_up else looping(1)
    failed = pod(state, phase="Failed" if gave_up else "Running", owner="Job/migrate")
    made = {"target": JOB, "conditions": GIVEN_UP if gave_up else (), **more}
    log = LogTail("web-7d9-a", "app", previous=not gave_up, lines=lines)
    return refused(
        workload=replace(given(), **made),
        settings=settings(MAPS if "template" in more else ONE_MAP, **secret),
        pods=PodList((failed,)),
        logs=(Tail("web-7d9-a", "app", log),),
    )


def said(of: Evidence, cause: str) -> WordedFinding:
    finding = found(of, cause)
    for language in ("en", "ko"):
        assert missing_words(Words(language), finding, TARGET) == []
    return Words("en").finding(finding, TARGET)


@pytest.mark.parametrize(
    ("of", "restart"),
    [
        pytest.param(job(PASSWORD), "jq", id="given up"),
        pytest.param(job(PASSWORD, gave_up=False), "kubectl delete pod/web-7d9-a", id="still tries"),
        pytest.param(job(PASSWORD, gave_up=False, target=ROLLOUT), "kubectl argo rollouts restart web --namespace=shop", id="a Rollout of Argo"),
        pytest.param(job(PASSWORD, target=CRON, conditions=()), "kubectl create job nightly-rerun --namespace=shop --from=cronjob/nightly", id="of a CronJob"),
        pytest.param(job(PASSWORD, gave_up=False, target=CRON), "kubectl delete pod/web-7d9-a", id="of a CronJob, still tries"),
        pytest.param(job(PASSWORD, annotations=ARGO_HOOK), "argocd app sync shop", id="a hook of ArgoCD"),
        pytest.param(job(PASSWORD, annotations=HELM_HOOK, labels=HELM_LABELS), "helm history shop --namespace=shop", id="a hook of Helm"),
        pytest.param(job(PASSWORD, annotations=HELM_HOOK), "helm list --all --namespace=shop", id="a hook of Helm that tells no release"),
        pytest.param(job(PASSWORD, annotations={**HELM_HOOK, "argocd.argoproj.io/tracking-id": "shop:x"}), "argocd app sync shop", id="a hook of Helm that ArgoCD runs"),
    ],
)  # fmt: skip
def test_after_the_password_is_corrected(of: Evidence, restart: str) -> None:
    (fix,) = said(of, "db-password-wrong").fixes

    assert restart in fix.commands[1]
    assert ("delete pod" in fix.commands[1]) is restart.startswith("kubectl delete pod")


@pytest.mark.parametrize(
    ("of", "cause", "keys"),
    [
        pytest.param(job(NO_ROLE), "db-user-missing", ["create-user", "run-again"], id="the server is mended"),
        pytest.param(job(REFUSED), "db-unreachable", ["check-way", "run-again"], id="the network is back"),
        pytest.param(job(PASSWORD, secret=NEW), "db-password-stale", ["run-again"], id="the Secret has changed already"),
        pytest.param(job(HBA), "db-host-refused-by-policy", ["use-tls", "allow-host", "run-again"], id="the template changes"),
        pytest.param(job(HBA, gave_up=False), "db-host-refused-by-policy", ["use-tls", "allow-host", "run-again"], id="the template of one that tries"),
        pytest.param(job(NO_ROLE, gave_up=False), "db-user-missing", ["create-user"], id="it tries again by itself"),
        pytest.param(refused(NO_ROLE), "db-user-missing", ["create-user"], id="a Deployment tries again by itself"),
        pytest.param(job(PASSWORD, secret=NEW, gave_up=False), "db-password-stale", ["restart"], id="its pod takes the new value"),
    ],
)  # fmt: skip
def test_what_nothing_tries_again_is_run_again(of: Evidence, cause: str, keys: list[str]) -> None:
    said(of, cause)

    assert [fix.key for fix in found(of, cause).fixes] == keys


@pytest.mark.parametrize(
    ("of", "layer"),
    [
        (job(NO_ROLE), Layer.LIVE),
        (job(NO_ROLE, annotations=ARGO_HOOK), Layer.GITOPS),
        (job(NO_ROLE, annotations=HELM_HOOK), Layer.HELM),
    ],
)
def test_at_the_layer_that_makes_the_job(of: Evidence, layer: Layer) -> None:
    assert found(of, "db-user-missing").fixes[-1].layer is layer


def test_a_template_is_changed_in_a_copy() -> None:
    fix = said(job(PASSWORD, template=BY_ENV.template), "db-user-overridden").fixes[-1]

    assert fix.commands[0].endswith("> job.json")
    assert fix.doing[0].remark == "put the change of the template into job.json"
    assert fix.commands[1] == "kubectl replace --force --filename=job.json --namespace=shop"
    assert fix.verify[0] == "kubectl wait --for=condition=complete job/migrate --namespace=shop --timeout=10m"


def test_the_job_is_made_again_without_what_the_api_server_gave_it() -> None:
    """Its selector and the labels for it are of the one Job: with them a second one is refused."""
    words = shlex.split(said(job(PASSWORD), "db-password-wrong").fixes[0].commands[1])

    assert words[words.index("jq") + 1] == (
        'del(.status, .spec.selector, .metadata["uid", "resourceVersion", "creationTimestamp", "managedFields"], '
        '(.metadata.labels, .spec.template.metadata.labels)["controller-uid", "batch.kubernetes.io/controller-uid"])'
    )


def test_the_log_of_a_cron_job_is_that_of_its_run() -> None:
    """Kubectl logs knows no CronJob."""
    ended_, again = job(PASSWORD, target=CRON), job(PASSWORD, target=CRON, gave_up=False)

    assert "kubectl logs job/nightly-rerun " in said(ended_, "db-password-wrong").fixes[0].verify[1]
    assert "kubectl logs job/migrate " in said(again, "db-password-wrong").fixes[0].verify[1]
