"""What `deploy` holds is what the documents show, and the real programs take it."""

import re
from pathlib import Path

import pytest
import yaml

from bot.app import running
from bot.settings import load
from tests.e2e.bots import wait_until
from tests.programs.alertmanager import alert, alertmanager
from tests.test_docs import ROOT, fenced

RECEIVER = (ROOT / "deploy/alertmanager.yaml").read_text()
TOKEN_FILE = "/etc/alertmanager/secrets/opsbot/token"
SERVICE = "http://opsbot.opsbot.svc:8080"


def test_the_page_shows_the_file() -> None:
    comment, _, shown = RECEIVER.partition("\n")
    assert comment.startswith("# ")
    assert shown in fenced(ROOT / "docs/install.md", "yaml")


def test_the_readme_shows_its_receiver() -> None:
    (shown,) = re.findall(
        r"^ *```yaml\n(.*?)^ *```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    ours = [one for one in yaml.safe_load(RECEIVER)["receivers"] if one["name"] == "opsbot"]
    assert yaml.safe_load(shown) == {"receivers": ours}


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_alertmanager_takes_the_file_and_the_token_that_was_made(tmp_path: Path) -> None:
    """The token as `openssl rand -hex 32 > token` writes it, with a line end."""
    token = tmp_path / "token"
    token.write_text("5f2b\n")
    env = {
        "OPSBOT_PORT": "0",
        "OPSBOT_STORE_URL": f"sqlite:///{tmp_path}/opsbot.db",
        "OPSBOT_WEBHOOK_TOKEN_FILE": str(token),
    }
    (tmp_path / "opsbot.yaml").touch()
    async with running(load(env, str(tmp_path / "opsbot.yaml"))) as bot:
        config = RECEIVER.replace(SERVICE, bot.url).replace(TOKEN_FILE, str(token))
        async with alertmanager(config.replace("group_wait: 15s", "group_wait: 0s")) as (manager,):
            await manager.post(alert("Watchdog"), alert("Down", namespace="shop", pod="a"))
            await manager.post(alert("Down", namespace="shop", pod="b"))

            async def heard() -> bool:
                return bool(await bot.store.incidents())

            await wait_until(heard, "an incident")
        (incident,) = await bot.store.incidents()
    assert incident.group_labels == {"alertname": "Down", "namespace": "shop"}
