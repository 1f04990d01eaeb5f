"""What secrets look like: the tokens of known vendors, and the places where credentials stand in headers, URLs and files.

Data for `redaction`, and pure. Whoever adds a pattern keeps it linear: it starts at a literal or at the edge of a word,
and what it repeats cannot be split in two ways.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.diagnosis.evidence import REDACTED

MARK = REDACTED

KEYWORD = (
    r"(?:[Pp](?i:ass(?:word|wd|phrase|(?=[\"'\\]{0,8}\s?[=:]))|wd|rivate[_-]?key)"
    r"|[Ss](?i:ecret|as[_-]?token|igning[_-]?key|hared[_-]?access[_-]?key|ession[_-]?(?:id|key))"
    r"|[Tt](?i:oken)|[Cc](?i:redentials?|lient[_-]?key|onnection[_-]?string)"
    r"|[Aa](?i:pi[_-]?key|ccess[_-]?key|ccount[_-]?key|pp[_-]?key|uth(?=[\"'\\]{0,8}\s?[=:]))"
    r"|[Ee](?i:ncryption[_-]?key)|[Ll](?i:icen[cs]e[_-]?key)|[Mm](?i:aster[_-]?key)|[Ww](?i:ebhook[_-]?url))"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`needles` are lower-case; the pattern is tried only when one of them is in the text."""

    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: str | Callable[[re.Match[str]], str] = MARK


def _random(value: str) -> bool:
    """Whether a word is rather a generated value than a word of prose."""
    inner = value[1:]
    mixed = any(c.isupper() for c in inner) and any(c.islower() for c in value)
    return len(value) >= 6 and (any(c.isdigit() for c in value) or mixed or "=" in value or len(value) >= 32)


def _scheme(match: re.Match[str]) -> str:
    return match[1] + MARK if _random(match[2]) else match[0]


def _long(match: re.Match[str]) -> str:
    return match[1] + MARK if len(match[2]) >= 16 and _random(match[2]) else match[0]


def _user(match: re.Match[str]) -> str:
    return match[1] + MARK + "@" if _random(match[2]) else match[0]


_TOKENS = (
    r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}|AIza[\w-]{30,64}|AGE-SECRET-KEY-1[A-Z0-9]{50,64}|NRAK-[A-Z0-9]{20,40}"
    r"|gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_\w{16,255}|gl(?:pat|ptt|dt|rt|cbt|agent|soat|ft|imt)-[\w.-]{16,255}"
    r"|glsa_\w{20,255}|glc_[\w+/=]{20,255}|GOCSPX-[\w-]{20,64}|ya29\.[\w.-]{20,2048}"
    r"|xox[abeoprs][.-][\w.-]{8,255}|xapp-[\w-]{8,255}|[srp]k_(?:live|test)_\w{10,255}|whsec_[\w+/=]{10,255}"
    r"|SK[0-9a-f]{32}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{30,64}|pypi-[\w-]{16,255}"
    r"|sk-(?:ant|proj|svcacct|admin|or)-[\w-]{16,255}|sk-[A-Za-z0-9]{20,255}|hf_[A-Za-z0-9]{20,64}"
    r"|hv[sbr]\.[\w-]{20,255}|do[opr]_v1_[0-9a-f]{32,64}|dapi[0-9a-f]{32}|dckr_pat_[\w-]{20,64}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|key-[0-9a-f]{32}|lin_api_\w{20,64}|PMAK-[\w-]{20,80}"
)

RULES: tuple[Rule, ...] = (
    Rule(
        ("private key",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:\s|\\+[nr]|(?:Proc-Type|DEK-Info|Version|Comment):[^\n\\]*|[A-Za-z0-9+/=]{16,}"
            r"|[A-Za-z0-9+/=]{1,15}(?=(?:\s|\\+[nr]){0,8}-----END))*"
            r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    Rule(  # a PEM private key in base64, as kubeconfig files and Secrets hold it
        ("ls0tls1crudjti",),
        re.compile(
            r"LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFU|BQUklWQVRF|BFQyBQUklWQVRF|BPUEVOU1NI|BFTkNSWVBU)[\w+/=]*"
        ),
    ),
    Rule(
        ("authorization",),
        re.compile(
            r"([Aa](?i:uthorization)[\"'\\]{0,8}\s{0,4}[:=]\s{0,4}[\"'\\\[]{0,9}(?i:digest|aws4-hmac-sha256|negotiate)\s)"
            r"[^\"'\n]*"
        ),
        rf"\1{MARK}",
    ),
    Rule(
        ("authorization",),
        re.compile(
            r"([Aa](?i:uthorization)[\"'\\]{0,8}\s{0,4}[:=]\s{0,4}[\"'\\\[]{0,9}(?i:bearer|basic|token|apikey|bot|splunk)\s)"
            r"(?:\[redacted\]|[^\s\"',;\]\\])+"
        ),
        rf"\1{MARK}",
    ),
    Rule(
        ("authorization",),
        re.compile(
            r"([Aa](?i:uthorization)[\"'\\]{0,8}\s{0,4}[:=]\s{0,4}[\"'\\\[]{0,9})((?:\[redacted\]|[^\s\"',;\]\\])+)"
        ),
        _long,
    ),
    Rule(
        ("bearer ", "basic "),
        re.compile(r"(?<![\w])([Bb](?i:earer|asic) {1,3})([A-Za-z0-9._~+/=-]+)"),
        _scheme,
    ),
    Rule(
        ("cookie",),
        re.compile(
            r"((?:[Ss](?i:et-))?[Cc](?i:ookie)[\"'\\]{0,8}\s{0,4}[:=]\s{0,4}[\"'\\\[]{0,9})[^\s=;\"':]{1,64}=[^\"'\n\]]*"
        ),
        rf"\1{MARK}",
    ),
    Rule(
        ("hooks.slack.com/",),
        re.compile(r"(hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/+-]+"),
        rf"\1{MARK}",
    ),
    Rule(
        ("/api/webhooks/",),
        re.compile(r"(/api/webhooks/\d{1,24}/)[\w-]+"),
        rf"\1{MARK}",
    ),
    Rule(
        ("webhook.office.com/",),
        re.compile(r"(webhook\.office\.com/)[^\s\"'<>]+"),
        rf"\1{MARK}",
    ),
    Rule((":a",), re.compile(r"(?<!\d)(?:\d{8,10}):A[\w-]{32,40}(?![\w-])")),
    Rule(("eyj",), re.compile(r"(?<![\w-])eyJ[\w-]{8,}(?:\.[\w-]+){1,4}\.?")),
    Rule((".atlasv1.",), re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,80}")),
    Rule(("8q~",), re.compile(r"(?<![\w~.-])[\w~.-]{3}8Q~[\w~.-]{31,34}")),
    Rule(
        ("://",),
        # $(NAME) is the name of a variable, which Kubernetes puts in: that name tells where the password is kept.
        re.compile(
            r"(://[^\s/:@\"'<>?#]*:)(?!\$\([\w.-]{1,253}\)@[^\s/?#\"'<>@]*(?:[\s/?#\"'<>]|\Z))[^\s/?#\"'<>]*@"
        ),
        rf"\1{MARK}@",
    ),
    Rule(("://",), re.compile(r"(://)([\w-]{20,255})@"), _user),
    Rule(
        ("@tcp(", "@unix("),
        re.compile(
            r"(?<!\S)([^\s:]*:)(?!\$\([\w.-]{1,253}\)@(?:tcp|unix)\([^\s@]*(?:\s|\Z))\S*(@(?:tcp|unix)\()"
        ),
        rf"\1{MARK}\2",
    ),
    Rule(
        ("sig", "code=", "x-amz-", "x-goog-"),
        re.compile(
            r"([?&](?i:sig|signature|code|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential))=)"
            r"[^&\s\"'#]+"
        ),
        rf"\1{MARK}",
    ),
    Rule(("key=",), re.compile(r"([?&](?i:key)=)([^&\s\"'#]+)"), _long),
    Rule(("-u", "--user"), re.compile(r"(?<!\S)(-u ?|--user[ =])([^\s:\"']{1,64}:)\S+"), rf"\1\2{MARK}"),
    Rule(
        ("password", "identified"),
        re.compile(r"((?<!\w)(?i:password|identified {1,4}by) {1,4})'[^'\n]*'"),
        rf"\1'{MARK}'",
    ),
    Rule(
        ('"value',),
        re.compile(
            rf"(\"name\\{{0,7}}\"\s{{0,4}}:\s{{0,4}}\\{{0,7}}\"[\w.-]{{0,60}}?{KEYWORD}[\w.-]{{0,24}}\\{{0,7}}\"\s{{0,4}},\s{{0,20}}"
            r"\\{0,7}\"value\\{0,7}\"\s{0,4}:\s{0,4}\\{0,7}\")[^\"\n\\]*"
        ),
        rf"\1{MARK}",
    ),
    Rule((), re.compile(rf"(?<![A-Za-z0-9])(?:{_TOKENS})")),
)
