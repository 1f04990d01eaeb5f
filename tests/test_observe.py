"""The log is structured, and a traceback in it does not carry what the failing code held in its hands."""

import json

import pytest
import structlog

from bot.observe import configure_logging, log


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_no_local_variables(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    def fail(token: str) -> None:
        raise RuntimeError(f"broken with {len(token)} characters")

    configure_logging(json=as_json)
    try:
        fail("hunter2")
    except RuntimeError:
        log.exception("job failed")
    finally:
        structlog.reset_defaults()
    said = capsys.readouterr().err
    assert "broken with 7 characters" in said
    assert "hunter2" not in said.replace('fail("hunter2")', "")
    if as_json:
        assert json.loads(said)["event"] == "job failed"
