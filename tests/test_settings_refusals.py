"""Everything that is wrong with a configuration is one line that names the key, says why, and shows no secret."""

from pathlib import Path

import pytest

from bot.settings import SettingsError, load
from bot.settings_file import Section


def wrong(env: dict[str, str], path: str | None = None) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(env, path)
    assert "\n" not in str(caught.value)
    assert str(caught.value) == f"{caught.value.key}: {caught.value.reason}"
    return caught.value


FILE = "opsbot.yaml"

WRONG = [
    # unknown keys
    ("delivry: {}", "delivry", "did you mean delivery?"),
    ("delivery: {defaultchannel: x}", "delivery.defaultchannel", "did you mean default_channel?"),
    ("server: {zzz: 1}", "server.zzz", "known: host, port, public_url"),
    ("clusters: [{name: a, promtheus: {}}]", "clusters[0].promtheus", "did you mean prometheus?"),
    ("1: 2", "1", "is not known"),
    # secrets
    ("clusters: [{name: a, argocd: {url: http://a, token: hunter2}}]", "clusters[0].argocd.token", "secret"),
    ("console: {password: hunter2}", "console.password", "a secret does not belong in this file"),
    ("server: {api_key: hunter2}", "server.api_key", "a secret"),
    ("slack: {bot_token: hunter2}", "slack", "SLACK_BOT_TOKEN"),
    ("store_url: postgresql://u:hunter2@h/d", "store_url", "OPSBOT_STORE_URL"),
    (
        "clusters: [{name: a, argocd: {url: http://a, token_env: hunter2!}}]",
        "clusters[0].argocd.token_env",
        "not the token",
    ),
    (
        "clusters: [{name: a, argocd: {url: http://a, token_env: hunter2}}]",
        "clusters[0].argocd.token_env",
        "not set",
    ),
    ("clusters: [{name: a, argocd: {url: 'http://u:hunter2@a'}}]", "clusters[0].argocd.url", "token_env"),
    # types
    ("[]", FILE, "must be a mapping"),
    ("server: []", "server", "must be a mapping"),
    ("server: {port: '8080'}", "server.port", "must be a whole number"),
    ("server: {port: true}", "server.port", "must be a whole number"),
    ("server: {port: 70000}", "server.port", "must be from 0 to 65535"),
    ("server: {host: 5}", "server.host", "must be text"),
    ("server: {host: ' '}", "server.host", "must not be empty"),
    ("delivery: {routes: {}}", "delivery.routes", "must be a list"),
    ("delivery: {routes: [x]}", "delivery.routes[0]", "must be a mapping"),
    ("delivery: {default_channel: #alerts\n }", "delivery.default_channel", "must be quoted"),
    ("delivery: {language: no}", "delivery.language", "must be text"),
    ("delivery: {language: de}", "delivery.language", "must be en or ko"),
    ("access: {users: [1]}", "access.users[0]", "must be text"),
    ("access: {users: U1}", "access.users", "must be a list"),
    ("access: {users: [ada]}", "access.users[0]", "must be an id of Slack such as U0123456789"),
    ("access: {users: ['@ada']}", "access.users[0]", "not a name"),
    ("access: {users: [U123, S123]}", "access.users[1]", "must be an id"),
    ("access: {groups: [platform]}", "access.groups[0]", "must be an id of Slack such as S0123456789"),
    ("access: {groups: [U123]}", "access.groups[0]", "must be an id"),
    ("access: {channels: {C123: shop}}", "access.channels.C123", "must be a list"),
    ("access: {channels: {C123: []}}", "access.channels.C123", "['*'] is all of them"),
    ("access: {channels: {C123: }}", "access.channels.C123", "must name the namespaces"),
    ("access: {channels: {'#alerts': [shop]}}", "access.channels.#alerts", "a name can change"),
    ("access: {channels: {D123: [shop]}}", "access.channels.D123", "or direct"),
    ("access: {channels: {direct: [shop]}}", "access.channels.direct", "needs users or groups"),
    ("access: {channels: {1: []}}", "access.channels", "must be text"),
    ("runbooks: {folders: /x}", "runbooks.folders", "must be a list"),
    ("console: {trusted_header: 'X Y'}", "console.trusted_header", "is not the name of a header"),
    # delivery
    ("delivery: {routes: [{match: ['a=\"b\"']}]}", "delivery.routes[0].channel", "is needed"),
    ("delivery: {routes: [{channel: x}]}", "delivery.routes[0].match", "at least one matcher"),
    ("delivery: {routes: [{channel: x, match: ['a']}]}", "delivery.routes[0].match[0]", "is not a matcher"),
    ("delivery: {routes: [{channel: x, match: 'a'}]}", "delivery.routes[0].match", "is not a matcher"),
    (
        "delivery: {routes: [{channel: x, match: ['a=\"b\"']}, {channel: x, match: ['severity=~\"(\"']}]}",
        "delivery.routes[1].match[0]",
        "is not a regular expression",
    ),
    # runbooks
    ("runbooks: {match: [{runbook: x}]}", "runbooks.match[0].alert", "is needed"),
    ("runbooks: {match: [{alert: 'a=\"b\"'}]}", "runbooks.match[0].runbook", "is needed"),
    ("runbooks: {match: [{alert: 'a=~\"[\"', runbook: x}]}", "runbooks.match[0].alert", "regular expression"),
    # URLs
    ("server: {public_url: opsbot.example}", "server.public_url", "is not a URL"),
    ("server: {public_url: ftp://opsbot}", "server.public_url", "is not a URL"),
    ("server: {public_url: 'http://a:99999'}", "server.public_url", "is not a URL"),
    ("server: {public_url: 'http://[::1'}", "server.public_url", "is not a URL"),
    ("server: {public_url: 'http://a b'}", "server.public_url", "is not a URL"),
    ("server: {public_url: 'http://a/?x=1'}", "server.public_url", "before ? and #"),
    # clusters
    ("clusters: [{}]", "clusters[0].name", "is needed"),
    ("clusters: [{name: a b}]", "clusters[0].name", "may hold letters"),
    ("clusters: [{name: a}, {name: a, match: {c: d}}]", "clusters[1].name", "is called a too"),
    ("clusters: [{name: a}, {name: b}]", "clusters[1].match", "must differ from that of cluster a"),
    ("clusters: [{name: a}, {name: b, match: {c: b}}]", "clusters[1].kubernetes", "give a context"),
    ("clusters: [{name: a, match: {c: 1}}]", "clusters[0].match.c", "must be text"),
    ("clusters: [{name: a, argocd: {token_env: X}}]", "clusters[0].argocd.url", "is needed with a token"),
    (
        "clusters: [{name: a, argocd: {url: http://a, token_env: X, token_file: y}}]",
        "clusters[0].argocd.token_file",
        "either",
    ),
    (
        "clusters: [{name: a, argocd: {url: http://a, token_file: gone}}]",
        "clusters[0].argocd.token_file",
        "cannot be read",
    ),
    # durations and numbers
    ("delivery: {hold: 5}", "delivery.hold", "needs a unit, for example 5s"),
    ("delivery: {hold: 2m}", "delivery.hold", "must be from 0s to 60s"),
    ("delivery: {storm: {bound: 0}}", "delivery.storm.bound", "must be from 1 to 100000"),
    ("delivery: {storm: {calm: 0s}}", "delivery.storm.calm", "must be from 1s to 1h"),
    ("delivery: {storm: {urgent: 2h}}", "delivery.storm.urgent", "must be from 1s to 1h"),
    ("delivery: {storm: {quiet: 1m}}", "delivery.storm.quiet", "is not known"),
    ("incidents: {stale_after: 9 hours}", "incidents.stale_after", "is not a duration such as 90s"),
    ("incidents: {stale_after: -1h}", "incidents.stale_after", "is not a duration"),
    ("incidents: {stale_after: 1s}", "incidents.stale_after", "must be from 5m to 30d"),
    ("incidents: {retention: 99999999999999999999d}", "incidents.retention", "is not a duration"),
    ("diagnosis: {deadline: 0s}", "diagnosis.deadline", "must be from 1s"),
    ("diagnosis: {targets: 0}", "diagnosis.targets", "must be from 1 to 50"),
    ("audit: {retention: 1h}", "audit.retention", "must be from 1d"),
    ("silences: {longest: 31d}", "silences.longest", "must be from 1m to 30d"),
    ("silences: {time_zone: Mars/Olympus}", "silences.time_zone", "is not a time zone"),
    ("silences: {time_zone: ../../etc/passwd}", "silences.time_zone", "is not a time zone"),
    # YAML
    ("server:\n  port: 1\n port: 2\n", FILE, "line 3, column 2: "),
    ("server: {host: a}\nserver: {host: b}\n", FILE, "line 2, column 1: the key 'server' is there twice"),
    ("server:\n  port: 1\n  port: 2\n", FILE, "line 3, column 3: the key 'port' is there twice"),
    ("a: [", FILE, "line 1, column 5"),
    ("a: *b", FILE, "line 1, column 4"),
    ("a: !!python/object:os.system {}", FILE, "line 1, column 4"),
    ("--- {}\n--- {}\n", FILE, "line 2, column 1"),
    ("a: \x07", FILE, "is not YAML"),
    ("[" * 5000, FILE, "is not YAML"),
]


@pytest.mark.parametrize(("text", "key", "reason"), WRONG, ids=[row[0][:60] for row in WRONG])
def test_what_is_wrong_in_the_file(tmp_path: Path, text: str, key: str, reason: str) -> None:
    (tmp_path / FILE).write_text(text)
    error = wrong({}, str(tmp_path / FILE))
    assert error.key.removeprefix(f"{tmp_path}/") == key
    assert reason in error.reason
    assert "hunter2" not in str(error)


def test_a_file_of_other_bytes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"a: \xff")
    assert wrong({}, str(tmp_path / FILE)).reason == "is not UTF-8 at byte 3"


@pytest.mark.parametrize(
    ("env", "key", "reason"),
    [
        ({"OPSBOT_PORT": "http"}, "OPSBOT_PORT", "must be a port"),
        ({"OPSBOT_PORT": "65536"}, "OPSBOT_PORT", "must be a port"),
        ({"OPSBOT_PORT": "٨"}, "OPSBOT_PORT", "must be a port"),
        ({"OPSBOT_PORT": "9" * 5000}, "OPSBOT_PORT", "must be a port"),
        ({"OPSBOT_STORE_URL": "mysql://u:hunter2@h/d"}, "OPSBOT_STORE_URL", "sqlite:/// or postgresql://"),
        ({"PROMETHEUS_URL": "prometheus:9090"}, "PROMETHEUS_URL", "is not a URL"),
        ({"ARGOCD_SERVER_URL": "https://u:hunter2@a"}, "ARGOCD_SERVER_URL", "user or password"),
        ({"SLACK_APP_TOKEN": "hunter2"}, "SLACK_BOT_TOKEN", "is needed beside"),
        ({"SLACK_BOT_TOKEN": "hunter2 hunter2"}, "SLACK_BOT_TOKEN", "a space"),
        ({"SLACK_BOT_TOKEN": "hunter2\n2"}, "SLACK_BOT_TOKEN", "a line break"),
        ({"SLACK_BOT_TOKEN": "hunter2쉿"}, "SLACK_BOT_TOKEN", "not ASCII"),
        ({"SLACK_BOT_TOKEN_FILE": "/gone"}, "SLACK_BOT_TOKEN_FILE", "cannot be read"),
        ({"SLACK_BOT_TOKEN_FILE": "/dev/null"}, "SLACK_BOT_TOKEN_FILE", "is empty"),
        ({"SLACK_BOT_TOKEN": "t", "SLACK_API_URL": "slack"}, "SLACK_API_URL", "is not a URL"),
    ],
)
def test_what_is_wrong_in_the_environment(env: dict[str, str], key: str, reason: str) -> None:
    error = wrong(env)
    assert error.key == key
    assert reason in error.reason
    assert "hunter2" not in str(error)


def test_a_failure_inside_a_section_is_not_covered_by_its_unknown_keys() -> None:
    with (
        pytest.raises(SettingsError, match=r"^s\.a: must be text"),
        Section("s", {"a": 1, "b": 2}) as section,
    ):
        section.text("a")
