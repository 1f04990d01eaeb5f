"""Which refusals are of a login, and not of a secret: the identity never got in, so that no right to read helps. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    """`door` is who let nobody in: vault, aws, gcp, azure, or `keys` where it is the credentials that are refused.

    `account` is a ServiceAccount as `namespace/name`. Each part is empty where it is not said.
    """

    door: str
    mount: str = ""
    role: str = ""
    account: str = ""
    code: str = ""


# https://developer.hashicorp.com/vault/docs/auth: every method logs in at auth/<mount>/login, the mount may have slashes.
# 404 is a mount that does not exist, 400 a role that does not; 5xx is a Vault that answers nobody.
_VAULT = re.compile(r"URL: (?:PUT|POST) \S*?/v1/(?:\S*?/)?auth/(\S+?)/login(?:/\S+)?\s+Code: 4\d\d")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
_AWS = re.compile(r"AssumeRole(?:WithWebIdentity)?\b|\bWebIdentityErr\b")
_AWS_REFUSED = re.compile(
    r"(?i:access ?denied|not authorized|InvalidIdentityToken|IDPRejectedClaim|ExpiredToken)"
)
_AWS_ROLE = re.compile(r"\b(arn:[\w-]+:iam::\d+:role/[\w+=,.@/-]*\w)")
_GCP = re.compile(
    r"iam\.serviceAccounts\.get(?:AccessToken|OpenIdToken)|sts\.googleapis\.com.*invalid_(?:grant|target)"
)
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes: 7000215 and 7000222 are of a client's secret.
_AZURE = re.compile(r"\b(AADSTS\d+)")
_AZURE_KEYS = frozenset({"AADSTS7000215", "AADSTS7000222"})
_KEYS = re.compile(
    r"\b(InvalidClientTokenId|UnrecognizedClientException|ExpiredToken\w*|InvalidSignatureException"
    r"|SignatureDoesNotMatch|invalid role or secret ID)\b"
)
_ACCOUNT = re.compile(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]*[a-z0-9])")


def login(text: str) -> Login | None:
    """None where the refusal, if it is one, is of something else than the login."""
    found = (door(text) for door in _DOORS)
    return next((one for one in found if one is not None), None)


def _keys(text: str) -> Login | None:
    match = _KEYS.search(text)
    return Login("keys", code=match[1]) if match and not _AWS.search(text) else None


def _vault(text: str) -> Login | None:
    match = _VAULT.search(text)
    return Login("vault", mount=match[1], account=_account(text)) if match else None


def _aws(text: str) -> Login | None:
    if not (_AWS.search(text) and _AWS_REFUSED.search(text)):
        return None
    role = _AWS_ROLE.search(text)
    return Login("aws", role=role[1] if role else "", account=_account(text))


def _gcp(text: str) -> Login | None:
    return Login("gcp", account=_account(text)) if _GCP.search(text) else None


def _azure(text: str) -> Login | None:
    match = _AZURE.search(text)
    if match is None:
        return None
    return Login("keys" if match[1] in _AZURE_KEYS else "azure", account=_account(text), code=match[1])


def _account(text: str) -> str:
    match = _ACCOUNT.search(text)
    return f"{match[1]}/{match[2]}" if match else ""


_DOORS: tuple[Callable[[str], Login | None], ...] = (_keys, _vault, _aws, _gcp, _azure)
