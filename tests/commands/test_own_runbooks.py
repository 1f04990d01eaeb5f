"""The page about a team's own runbooks: what it shows is in the examples, passes its own tests, and works from a folder."""

import asyncio
import inspect
import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from bot.app import running
from bot.settings import SettingsError, load
from tests.builders import ago, container, deployment, metadata, pod, pod_spec, replicaset
from tests.builders import running as runs
from tests.builders_around import node
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.kubernetes import FakeKubernetes

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/runbooks"
PAGE = (ROOT / "docs/write-a-runbook.md").read_text()
SHOWN = dict(
    re.findall(r"^\*\*`(?:\./)?([\w./]+)`\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)


@pytest.fixture
def own(bare: Path) -> Path:
    """The folder as somebody makes it who pastes the page."""
    for name, text in SHOWN.items():
        file = bare / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (bare / "opsbot.yaml").write_text("runbooks: {folders: [own]}\n")
    return bare / "own"


def test_the_page_shows_the_whole_example() -> None:
    files = {
        str(file.relative_to(EXAMPLE)): file.read_text() for file in EXAMPLE.rglob("*") if file.is_file()
    }
    assert {name: text for name, text in files.items() if "__pycache__" not in name} == SHOWN


def test_its_own_tests_pass(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(own)
    tests = import_module("test_stale_settings")
    names = [name for name, _ in inspect.getmembers(tests, inspect.isfunction) if name.startswith("test_")]
    assert names == ["test_contract", "test_verdict", "test_words"]
    for case in tests.CASES:
        tests.test_verdict(case)
    for language in ("en", "ko"):
        tests.test_words(language)
    tests.test_contract()


def test_it_is_listed_shown_and_granted(opsbot: Opsbot, own: Path) -> None:
    (own / "docs").mkdir()
    (own / "docs/stale_settings.md").write_text("Ask the team of the shop.\n")
    assert "stale_settings" in opsbot("runbooks").out
    shown = opsbot("runbooks", "show", "stale_settings")
    assert (shown.code, shown.err) == (0, "")
    assert "kubernetes: get configmaps" in shown.out
    assert "restart  Restart <workload>, so that it reads <configmap> again" in shown.out
    assert shown.out.endswith("\n\nAsk the team of the shop.\n")
    rows = json.loads(opsbot("runbooks", "--output", "json").out)["runbooks"]
    assert rows[-2]["origin"] == str(own / "stale_settings.py")
    undeclared = SHOWN["stale_settings.py"].replace("reads=(WORKLOAD_READ, ", "reads=(")
    (own / "stale_settings.py").write_text(undeclared)
    ended = opsbot("runbooks")
    assert (ended.code, ended.err) == (0, "")
    assert f"refused: {own}/stale_settings.py: looks with WorkloadOf without declaring it\n" in ended.out


@pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second
def test_it_diagnoses_and_its_record_is_replayed(
    opsbot: Opsbot, own: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = pod_spec(container(envFrom=[{"configMapRef": {"name": "prices"}}]))
    owner = deployment("web", spec=spec, ready=1)
    newest = replicaset(owner, spec=spec)
    old = pod("web-7d9f8c6b5d-x2k9p", owner=newest, labels={"app": "web"}, statuses=[runs()])
    written = {"manager": "helm", "operation": "Update", "time": ago(minutes=5)}
    prices = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata("prices"), "managedFields": [written]},
        "data": {"PRICE": "7"},
    }

    async def beside() -> Ended:
        async with FakeKubernetes(owner, newest, old, node(), prices) as fake:
            monkeypatch.setenv("KUBECONFIG", fake.kubeconfig(bare))
            return await asyncio.to_thread(opsbot, "diagnose", "web", "--record", "web.json")

    ended = asyncio.run(beside())
    assert (ended.code, ended.err) == (1, "")
    assert "1 pod of web started before ConfigMap prices changed" in ended.out
    assert "kubectl rollout restart deployment/web --namespace shop" in ended.out
    assert opsbot("replay", "web.json").out == ended.out
    wrong = SHOWN["stale_settings.py"].replace("start < moment", "start > moment")
    (own / "stale_settings.py").write_text(wrong)
    told = opsbot("replay", "web.json", "--diff")
    assert told.code == 1
    assert "stale_settings/settings-newer-than-container: confirmed → ruled_out" in told.out


@pytest.mark.timeout(20)
def test_check_names_what_is_refused(opsbot: Opsbot, own: Path) -> None:
    (own / "broken.py").write_text("RUNBOOK = 1\n")
    own.chmod(0o777)
    ended = opsbot("check")
    assert ended.code == 1
    assert f"ok    runbook stale_settings: {own}/stale_settings.py\n" in ended.out
    assert (
        f"FAIL  runbook broken: refused: {own}/broken.py: RUNBOOK is not a Runbook but a int\n" in ended.out
    )
    assert f"FAIL  runbooks.folders: {own} may be written by everybody" in ended.out


@pytest.mark.timeout(20)
async def test_a_server_runs_them_and_refuses_an_unknown_name(own: Path, bare: Path) -> None:
    env = {"OPSBOT_PORT": "0", "OPSBOT_STORE_URL": f"sqlite:///{bare}/opsbot.db"}
    match = "{alert: 'alertname=\"Prices\"', runbook: NAME}"
    text = f"runbooks: {{folders: [own], match: [{match}]}}\n"
    (bare / "opsbot.yaml").write_text(text.replace("NAME", "stale_settings"))
    async with running(load(env)) as bot:
        chosen = bot.engine.chooser.choose(None, "Deployment", [{"alertname": "Prices"}])
        assert chosen.matched == ("stale_settings",)
        assert bot.layouts.words.runbook_title("stale_settings") == "Settings that were not picked up"
    (bare / "opsbot.yaml").write_text(text.replace("NAME", "stale_setings"))
    with pytest.raises(
        SettingsError, match=r"^runbooks\.match\[0\]\.runbook: .*did you mean stale_settings\?$"
    ):
        async with running(load(env)):
            pass


def test_serve_ends_with_2_and_names_the_key(opsbot: Opsbot, bare: Path) -> None:
    match = "{alert: 'alertname=\"A\"', runbook: nope}"
    (bare / "opsbot.yaml").write_text(f"runbooks: {{match: [{match}]}}\n")
    ended = opsbot("serve")
    assert ended.code == 2
    assert re.search(
        r"^opsbot: runbooks\.match\[0\]\.runbook: there is no runbook 'nope'", ended.err, re.MULTILINE
    )
