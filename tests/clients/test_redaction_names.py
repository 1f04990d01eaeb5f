"""What is secret by its name or by its neighbour: variables, labels and annotations, and arguments of commands."""

import pytest

from bot.clients.redaction import is_secret_name, redact_arguments, redact_member
from bot.clients.redaction_rules import MARK


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True),
        ("SMTP_PASS", True),
        ("apiKey", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("VAULT_SECRET_ID", True),
        ("AWS_ACCESS_KEY_ID", False),
        ("DB_PASSWORD_FILE", False),
        ("SECRET_NAME", False),
        ("COMPASS", False),
        ("DB_USER", False),
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_a_user_and_a_password_may_be_one_argument() -> None:
    arguments = (
        "curl",
        "-u",
        "admin:hunter",
        "--user",
        "ops:hunter",
        "-u",
        "admin",
        "host:80",
        "--user=x:hunter",
    )
    assert redact_arguments(arguments) == (
        *(
            "curl",
            "-u",
            f"admin:{MARK}",
            "--user",
            f"ops:{MARK}",
            "-u",
            "admin",
            "host:80",
            f"--user=x:{MARK}",
        ),
    )


def test_a_flag_and_its_value_may_be_two_arguments() -> None:
    arguments = (
        "--user",
        "x",
        "--password",
        "hunter",
        "--token=abc",
        "--token-file",
        "/t",
        "--secret",
        "--verbose",
    )
    assert redact_arguments(arguments) == (
        *(
            "--user",
            "x",
            "--password",
            MARK,
            f"--token={MARK}",
            "--token-file",
            "/t",
            "--secret",
            "--verbose",
        ),
    )


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("password", "hunter", MARK),
        ("client_secret", "hunter", MARK),
        ("token", "hunter", MARK),
        ("secret", "Hun+ter/2==", MARK),
        ("secret", "board-db", "board-db"),
        ("externalsecret", "board-db", "board-db"),
        ("secretstore", "vault", "vault"),
        ("clustersecretstore", "vault", "vault"),
        ("exported_secret", "board-db", "board-db"),
        ("summary", "cannot log in with password=hunter", f"cannot log in with password={MARK}"),
        ("", "redis://:hunter@cache:6379/0", f"redis://:{MARK}@cache:6379/0"),
        ("summary", "", ""),
        ("password", "", ""),
    ],
)
def test_what_a_label_or_an_annotation_may_say(name: str, value: str, kept: str) -> None:
    assert redact_member(name, value) == kept
