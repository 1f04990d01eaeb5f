"""OpenTelemetry at start, Prometheus while it replays its log, and who asks Prometheus or ArgoCD the wrong way.

https://github.com/open-telemetry/opentelemetry-go/blob/main/sdk/resource/resource.go
"""

from bot.diagnosis.lines.pattern import Pattern, pattern

_OTEL, _PROM, _ARGO = "telemetry", "prometheus", "argocd"
_SCHEMA = r"https?://opentelemetry\.io/schemas/v?(?P<{0}>\d{{1,3}}\.\d{{1,3}}(?:\.\d{{1,3}})?)"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        "otel-schema-conflict",
        _OTEL,
        "conflicting schema url",
        rf"conflicting Schema URL[^\n]{{0,20}}?{_SCHEMA.format('first')}[^\n]{{1,20}}?{_SCHEMA.format('second')}",
    ),
    pattern(
        "otel-schema-conflict",
        _OTEL,
        "conflicting schema url",
        r"conflicting Schema URL",
        first="",
        second="",
    ),
    pattern(
        "otel-disabled",
        _OTEL,
        "without tracing|tracing disabled|tracing is disabled|telemetry disabled",
        r"continuing without (?:tracing|telemetry|otel)"
        r"|(?:tracing|telemetry) (?:is |has been |will be )?disabled(?! (?:by|in|via|through)\b)",
    ),
    pattern(
        "otel-fatal",
        _OTEL,
        "opentelemetry|otel|tracer",
        r"(?:(?:failed|unable) to|could not|cannot) (?:initiali[sz]e|create|set ?up|start|build)[^\n]{0,40}?"
        r"(?:OpenTelemetry|otel|tracer|telemetry)",
    ),
    pattern("wal-replay-done", _PROM, "wal replay completed", r"WAL replay completed"),
    pattern(
        "wal-replay",
        _PROM,
        "wal segment loaded",
        r"WAL segment loaded\W[^\n]{0,80}?segment\W{1,4}(?P<segment>\d{1,9})[^\n]{0,40}?maxSegment\W{1,4}(?P<last>\d{1,9})",
    ),
    pattern("wal-replay", _PROM, "replaying wal", r"Replaying WAL, this may take a while"),
    pattern(
        "prometheus-404",
        _PROM,
        "404",
        r"/api/v1/(?:query|series|labels?|targets|rules|alerts)[^\n]{0,200}\Z",
        anchor=r"\b404\b",
    ),
    pattern("prometheus-404", _PROM, "404", r"\b404\b[^\n]{0,200}?/api/v1/query"),
    pattern(
        "prometheus-404",
        _PROM,
        "404",
        r"(?<!actuator/)\bprometheus\b[^\n]{0,80}\Z",
        anchor=r"\b(?:status|code|HTTP|returned|response|server)\b[^\w\n]{0,5}(?:code\W{1,3}|\d\.\d )?404\b"
        r"|\b404 (?:page )?not found|[:=] ?404\b",
    ),
    pattern(
        "argocd-not-configured",
        _ARGO,
        "argocd|argo cd",
        r"Argo ?CD (?:client |configuration |server |token |integration )?(?:is )?(?:not configured|not set|incomplete|"
        r"missing|disabled|unavailable)|Argo ?CD features? (?:are |is )?disabled|missing Argo ?CD (?:token|server|config)",
    ),
    pattern(
        "argocd-token-rejected",
        _ARGO,
        "argo",
        r"\bargo",
        anchor=r"\b40[13]\b|Unauth(?:oriz|enticat)ed|Permission ?Denied|invalid session|no session information"
        r"|token (?:is |has )?(?:expired|revoked|invalid)",
    ),
    pattern(
        "argocd-token-rejected",
        _ARGO,
        "invalid session|no session information",
        r"invalid session: (?:token|account|failed)|no session information",
    ),
)
