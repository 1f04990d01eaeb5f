"""Cases of containers that run again after they were refused: what has recovered is left alone, what has not is told."""

from dataclasses import replace

from bot.diagnosis.evidence import LogTail, PodList
from bot.diagnosis.scene import Tail
from tests.runbooks.db_cases import (
    CONFIRMED,
    FULL,
    HBA,
    LIKELY,
    MYSQL,
    NEW,
    NO_DATABASE,
    NO_LOG,
    NO_ROLE,
    ONE_MAP,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    SCHEMA,
    Case,
    refused,
    settings,
)
from tests.snapshots import ago, ended, event, events, looping, pod, running, tail

ONE = settings(ONE_MAP)
# After two refusals: by its restarts alone it would still loop.
AGAIN = running(last=ended(1, minutes=2), restarts=2)
FOR_LONG = replace(running(last=ended(1, minutes=41), restarts=2), started_at=ago(40))
SEEN_NOW = events(event("Pulled", "image is there"))
WORKS = ("connected to database shop", "listening on :8080")


def present(*lines: str) -> tuple[Tail, ...]:
    return (Tail("web-7d9-a", "app", LogTail("web-7d9-a", "app", previous=False, lines=lines)),)


RECOVERED_CASES = (
    Case("its log says that it connected", "db-password-wrong", RULED_OUT, refused(PASSWORD, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered", "success": WORKS[0], "since": ago(1).isoformat()}),
    Case("MySQL", "db-password-wrong", RULED_OUT, refused(MYSQL, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered"}),
    Case("ready for long, its log may not be read", "db-password-wrong", RULED_OUT, refused(PASSWORD, by=FOR_LONG, settings=ONE, events=SEEN_NOW, present=(Tail("web-7d9-a", "app", NO_LOG),)), {"why": "recovered", "success": ""}),
    Case("an override that does no harm any more", "db-user-overridden", RULED_OUT, refused(PASSWORD, by=AGAIN, present=present(*WORKS)), {"why": "recovered"}),
    Case("the Secret was rotated and it started with it", "db-password-stale", RULED_OUT, refused(PASSWORD, by=AGAIN, settings=settings(ONE_MAP, secret=NEW), present=present(*WORKS)), {"why": "recovered"}),
    Case("the role was made", "db-user-missing", RULED_OUT, refused(NO_ROLE, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered"}),
    Case("the database was made", "db-missing", RULED_OUT, refused(NO_DATABASE, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered"}),
    Case("the rule was added", "db-host-refused-by-policy", RULED_OUT, refused(HBA, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered"}),
    Case("the right was given", "db-permission-denied", RULED_OUT, refused(SCHEMA, by=AGAIN, settings=ONE, present=present(*WORKS)), {"why": "recovered"}),
    # What comes and goes is worth telling afterwards.
    Case("the network was away", "db-unreachable", LIKELY, refused(REFUSED, by=AGAIN, present=present(*WORKS)), {"current": False}),
    Case("connections ran out", "db-too-many-connections", LIKELY, refused(FULL, by=AGAIN, present=present(*WORKS)), {"current": False}),
    # What looks like a recovery and is none.
    Case("a moment between two crashes", "db-password-wrong", CONFIRMED, refused(PASSWORD, by=AGAIN, settings=ONE, present=present()), {"current": True}),
    Case("refused in this life too", "db-password-wrong", CONFIRMED, refused(PASSWORD, by=AGAIN, settings=ONE, present=present("starting", PASSWORD)), {"current": True}),
    Case("refused after it had connected", "db-password-wrong", CONFIRMED, refused(PASSWORD, by=AGAIN, settings=ONE, present=present(*WORKS, PASSWORD)), {"current": True}),
    Case("ready for long and refused all the time", "db-password-wrong", CONFIRMED, refused(PASSWORD, by=replace(FOR_LONG, last_terminated=ended(1, minutes=70)), settings=ONE, events=SEEN_NOW, present=present(PASSWORD)), {"current": True}),
    Case("the Secret was rotated, and it is refused with the new value", "db-password-stale", RULED_OUT, refused(PASSWORD, by=replace(AGAIN, started_at=ago(0.5)), settings=settings(ONE_MAP, secret=NEW), present=present(PASSWORD)), {"why": "before"}),
    Case("the log is of the life that runs", "db-password-wrong", CONFIRMED, refused(by=AGAIN, settings=ONE, events=SEEN_NOW, logs=(Tail("web-7d9-a", "app", LogTail("web-7d9-a", "app", previous=False, lines=(PASSWORD,))),)), {"current": True}),
    Case("it runs and says nothing of a database", "db-password-wrong", LIKELY, refused(PASSWORD, by=AGAIN, settings=ONE, present=present("starting")), {"current": False}),
    Case("it runs and is not ready", "db-password-wrong", CONFIRMED, refused(PASSWORD, by=replace(AGAIN, ready=False), settings=ONE, present=present(*WORKS))),
    Case("another pod is refused still", "db-password-wrong", CONFIRMED, refused(
        settings=ONE, pods=PodList((pod(AGAIN), pod(looping(1), name="web-7d9-b"))),
        logs=(tail(PASSWORD), tail(PASSWORD, pod_name="web-7d9-b")), present=present(*WORKS)), {"pod": "web-7d9-b"}),
)  # fmt: skip
