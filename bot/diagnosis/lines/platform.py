"""What programs say of the platform they run on: object stores, TLS, entrypoints, configuration files, image pulls."""

from bot.diagnosis.lines.pattern import Pattern, pattern

_S3, _TLS, _START, _CONFIG, _ESO, _IMAGE = "storage", "tls", "start", "config", "eso", "image"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        "s3-access-denied",
        _S3,
        "access denied|accessdenied",
        r"unexpected error from (?P<operation>\w+) on (?P<bucket>[\w.-]{1,63}): Access ?Denied",
    ),
    pattern(
        "s3-access-denied",
        _S3,
        "accessdenied|access denied",
        r"(?:(?P<operation1>(?:List|Get|Put|Head|Delete|Create)\w{0,30}(?:Object|Bucket)\w{0,20})[^\n]{0,200}?|S3[^\n]{0,120}?|"
        r"bucket[^\n]{0,120}?)\bAccess ?Denied\b",
    ),
    pattern(
        "s3-no-credentials",
        _S3,
        "credential",
        r"NoCredentialProviders|no EC2 IMDS role found|failed to (?:refresh cached|retrieve|load) credentials"
        r"|Unable to locate credentials|could not find default credentials",
    ),
    pattern(
        "service-account-missing",
        "kubernetes",
        "serviceaccount",
        r"service ?account [\"'`]?(?P<name>[\w./:-]{1,253})[\"'`]? not found",
    ),
    pattern(
        "x509-unknown-authority",
        _TLS,
        "x509|certificate|self-signed|self signed|pkix",
        r"certificate signed by unknown authority|SELF_SIGNED_CERT|self[- ]signed certificate|unable to get local issuer"
        r"|PKIX path building failed|CERTIFICATE_VERIFY_FAILED",
    ),
    pattern(
        "x509-expired",
        _TLS,
        "expired",
        r"certificate has expired|CERT_HAS_EXPIRED|certificate is not yet valid|CertificateExpiredException",
    ),
    pattern(
        "x509-name-mismatch",
        _TLS,
        "certificate is valid for|hostname mismatch|doesn't match|altnames|certificateexception",
        r"certificate is valid for [^\n]{1,200}?, not (?P<host>[\w.*-]{1,253})|ERR_TLS_CERT_ALTNAME_INVALID|Hostname mismatch"
        r"|No subject alternative (?:DNS )?names?",
    ),
    pattern(
        "exec-format",
        _START,
        "exec format error",
        r"(?:exec[: ][\"']?(?P<path>/[^\s:\"']{1,200})?[^\n]{0,40}?)?exec format error",
    ),
    pattern(
        "binary-missing",
        _START,
        "no such file or directory|executable file not found|not found",
        r"exec:? [\"']?(?P<path>/?[^\s:\"']{1,200})[\"']?: (?:stat [^\n]{1,200}?: )?no such file or directory"
        r"|[\"'](?P<path2>[^\s:\"']{1,200})[\"']: executable file not found in \$?PATH"
        r"|^(?:\S*sh|/\S+): (?:(?:line )?\d+: )?(?P<path3>[^\s:]{1,200}): (?:not found|No such file or directory)",
    ),
    pattern(
        "permission-denied",
        _START,
        "permission denied",
        r"(?:exec|open|mkdir|stat|unlink|chmod|chown|fork/exec):? [\"']?(?P<path>/[^\s:\"']{1,200})[\"']?: permission denied",
    ),
    pattern(
        "config-field-unknown",
        _CONFIG,
        "not found in type|unknown field|unknown configuration|has invalid keys|invalid keys",
        r"(?:(?P<file>[\w./-]{1,200}\.ya?ml)[^\n]{0,80}?)?(?:line (?P<line>\d{1,7}): )?field (?P<field>[\w.-]{1,100}) not found in "
        r"type (?P<type>[\w.*\[\]-]{1,120})|unknown field [\"'](?P<field2>[\w.-]{1,100})[\"']"
        r"|has invalid keys: (?P<field3>[\w., -]{1,200})",
    ),
    pattern("yaml-parse", _CONFIG, "yaml", r"\byaml: (?:unmarshal errors?:?|line (?P<line>\d{1,7}):)"),
    pattern(
        "conversion-webhook-failed",
        _ESO,
        "conversion webhook for",
        r"conversion webhook for (?P<version>[\w./-]{1,120}), Kind=(?P<kind>\w{1,63}) failed: "
        r"(?:Post \"https?://(?P<service>[\w.-]{1,253})[^\"\s]{0,200}\"?: )?(?P<error>[^\n]{1,300})",
    ),
    pattern(
        "image-pull",
        _IMAGE,
        "failed to pull image|failed to pull and unpack",
        r"Failed to pull (?:and unpack )?image [\"'](?P<image>[^\"'\s]{1,255})[\"']:? ?(?P<reason>[^\n]{0,300})",
    ),
    pattern(
        "go-ambiguous-import",
        "build",
        "ambiguous import",
        r"ambiguous import: found package (?P<package>[\w./-]{1,200}) in multiple modules",
    ),
)
