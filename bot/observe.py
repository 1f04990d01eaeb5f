"""Self-observation: the metrics of the bot and its structured log. Standard library, prometheus-client and structlog only.

Every metric is declared here, so that one look tells what can be watched. Nothing here decides anything.
"""

import logging
import sys

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.tracebacks import ExceptionDictTransformer

REGISTRY = CollectorRegistry()

WEBHOOKS = Counter("opsbot_webhooks", "Webhooks by result", ["result"], registry=REGISTRY)
WEBHOOK_SECONDS = Histogram(
    "opsbot_webhook_seconds",
    "Time to answer a webhook",
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
JOBS = Gauge("opsbot_jobs", "Durable jobs by kind and state", ["kind", "state"], registry=REGISTRY)
JOB_AGE = Gauge(
    "opsbot_job_oldest_seconds", "Age of the oldest job that waits, by kind", ["kind"], registry=REGISTRY
)
JOB_OUTCOMES = Counter(
    "opsbot_job_runs", "Runs of durable jobs by outcome", ["kind", "outcome"], registry=REGISTRY
)
MERGES = Counter("opsbot_merges", "Alert groups merged, by reason", ["reason"], registry=REGISTRY)
INCIDENTS = Gauge("opsbot_incidents", "Incidents by state", ["state"], registry=REGISTRY)
LOOKS = Counter("opsbot_looks", "Look-ups by source and outcome", ["source", "outcome"], registry=REGISTRY)
LOOK_SECONDS = Histogram(
    "opsbot_look_seconds",
    "Duration of look-ups by source",
    ["source"],
    registry=REGISTRY,
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DIAGNOSES = Counter(
    "opsbot_diagnoses", "Diagnoses by runbook and outcome", ["runbook", "outcome"], registry=REGISTRY
)
DIAGNOSIS_SECONDS = Histogram(
    "opsbot_diagnosis_seconds",
    "Duration of diagnoses",
    registry=REGISTRY,
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30),
)
MESSAGES = Counter(
    "opsbot_messages", "Messages by action and result", ["action", "result"], registry=REGISTRY
)
WORDS_MISSED = Counter(
    "opsbot_words_missed", "Sentences and layouts that could not be rendered", ["words"], registry=REGISTRY
)
PICTURES = Counter(
    "opsbot_pictures", "Charts drawn by format and result", ["format", "result"], registry=REGISTRY
)
CHANNEL_TROUBLE = Gauge(
    "opsbot_channel_trouble", "1 while a channel refuses messages", ["channel", "error"], registry=REGISTRY
)
STORMS = Gauge("opsbot_storms", "1 while incidents of a channel are gathered", ["channel"], registry=REGISTRY)
STORM_WAITING = Gauge(
    "opsbot_storm_waiting",
    "Gathered incidents that wait for a message of their own",
    ["channel"],
    registry=REGISTRY,
)
FIRST_MESSAGE_SECONDS = Histogram(
    "opsbot_first_message_seconds",
    "Time from webhook to first message",
    registry=REGISTRY,
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
SLACK_REQUESTS = Counter(
    "opsbot_slack_requests", "Requests of Slack by way and result", ["way", "result"], registry=REGISTRY
)
SLACK_SOCKET = Gauge(
    "opsbot_slack_socket_connected", "1 while Slack reaches us by Socket Mode", registry=REGISTRY
)
COMMANDS = Counter(
    "opsbot_commands", "Commands and presses in Slack by result", ["command", "result"], registry=REGISTRY
)
LOOPS_FAILING = Gauge(
    "opsbot_loop_failing", "1 while a loop of the bot dies again and again", ["loop"], registry=REGISTRY
)
LOOP_LAG = Histogram(
    "opsbot_event_loop_lag_seconds",
    "How late the event loop wakes up",
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)

log: structlog.stdlib.BoundLogger = structlog.get_logger("opsbot")


def configure_logging(*, level: str = "INFO", json: bool | None = None) -> None:
    """Structured lines on stderr: JSON unless a person is watching. Bind `incident` with structlog.contextvars."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Not `dict_tracebacks`, which also shows the local variables: bodies and tokens are among them.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
            if as_json
            else structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
