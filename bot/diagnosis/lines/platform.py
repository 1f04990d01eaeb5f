"""What programs say of the platform they run on: TLS, entrypoints, configuration files, webhooks, image pulls, builds."""

from bot.diagnosis.lines.pattern import Pattern, pattern

_TLS, _START, _CONFIG, _ESO, _IMAGE = "tls", "start", "config", "eso", "image"

PATTERNS: tuple[Pattern, ...] = (
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
        # A program that makes a certificate of its own says "self-signed" as well.
        r"certificate signed by unknown authority|SELF_SIGNED_CERT|self[- ]signed certificate in certificate chain"
        r"|(?:x509|error|fail\w{0,4}|verif\w{1,10}|reject\w{0,3})\b[^\n]{0,100}?self[- ]signed certificate|unable to get local issuer"
        r"|PKIX path building failed|CERTIFICATE_VERIFY_FAILED",
    ),
    pattern(
        "x509-expired",
        _TLS,
        "expired",
        r"(?<!whether )(?<!if )(?<!when )certificate has expired|CERT_HAS_EXPIRED|certificate is not yet valid|CertificateExpiredException",
    ),
    pattern(
        "x509-name-mismatch",
        _TLS,
        "certificate is valid for|hostname mismatch|doesn't match|altnames|certificateexception",
        r"certificate is valid for [^\n]{1,200}?, not (?P<host>[\w.*-]{1,253})|ERR_TLS_CERT_ALTNAME_INVALID|Hostname mismatch"
        r"|No subject alternative (?:DNS )?names?",
    ),
    pattern(
        "tls-not-spoken",
        _TLS,
        "tls handshake|https client|ssl|wrong version number|record layer",
        r"first record does not look like a TLS handshake|server gave HTTP response to HTTPS client"
        r"|SSL is not enabled on the server|server does not support SSL|SSL routines:[^\n]{0,60}?wrong version number"
        r"|\[SSL: WRONG_VERSION_NUMBER\]",
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
        r"|^-?(?:(?:/\S{1,100}/)?(?:ba|da|a|z|k|c)?sh|\S{1,200}\.sh|/\S{0,100}(?:entrypoint|bin/)\S{0,100}): (?:(?:line )?\d+: )?"
        r"(?P<path3>[^\s:]{1,200}): (?:(?:command )?not found|No such file or directory)",
    ),
    pattern(
        "permission-denied",
        _START,
        "permission denied",
        r"(?:exec|open|mkdir|stat|unlink|chmod|chown|fork/exec):? [\"']?(?P<path>/[^\s:\"']{1,200})[\"']?: permission denied"
        r"|EACCES: permission denied, \w{1,20} [\"'](?P<path1>/[^\"'\n]{1,200})"
        r"|\[Errno 13\] Permission denied: [\"'](?P<path2>/[^\"'\n]{1,200})"
        r"|cannot (?:create directory|open|touch|create) [\"'‘`]?(?P<path3>/[^\"'’`\n:]{1,200})[\"'’`]?: Permission denied"
        r"|\((?P<path4>/[^\s()]{1,200})\)? ?\(?Permission denied\)",
    ),
    pattern(
        "config-field-unknown",
        _CONFIG,
        "not found in type|unknown field|unknown configuration|has invalid keys|invalid keys",
        r"(?:(?<![\w./-])(?P<file>[\w./-]{1,200}\.ya?ml)[^\n]{0,80}?)?(?:line (?P<line>\d{1,7}): )?field (?P<field>[\w.-]{1,100}) not found in "
        r"type (?P<type>[\w.*\[\]-]{1,120})|unknown field [\"'](?P<field2>[\w.-]{1,100})[\"']"
        r"|has invalid keys: (?P<field3>[\w., -]{1,200})",
    ),
    pattern("yaml-parse", _CONFIG, "yaml", r"\byaml: (?:unmarshal errors?:?|line (?P<line>\d{1,7}):)"),
    pattern(
        "conversion-webhook-failed",
        _ESO,
        "conversion webhook for",
        r"conversion webhook for (?P<version>[\w./-]{1,120}), Kind=(?P<kind>\w{1,63}) failed(?:: "
        r"(?:Post \"https?://(?P<service>[\w.-]{1,253})[^\"\s]{0,200}\"?: )?(?P<error>[^\n]{1,300}))?",
        over=3,
    ),
    pattern(
        "image-pull",
        _IMAGE,
        "failed to pull image|failed to pull and unpack",
        r"Failed to pull (?:and unpack )?image [\"'](?P<image>[^\"'\s]{1,255})[\"']:? ?(?P<reason>[^\n]{0,300})",
    ),
    pattern(
        "image-pull",
        _IMAGE,
        "back-off pulling image",
        r"Back-off pulling image [\"'](?P<image1>[^\"'\s]{1,255})[\"']",
    ),
    pattern("image-pull", _IMAGE, "imagepullbackoff|errimagepull", r"\b(?:ImagePullBackOff|ErrImagePull)\b"),
    pattern(
        "go-ambiguous-import",
        "build",
        "ambiguous import",
        r"ambiguous import: found package (?P<package>[\w./-]{1,200}) in multiple modules",
    ),
)
