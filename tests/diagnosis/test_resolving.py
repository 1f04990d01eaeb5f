"""What a typed name leads to: one thing, several, none with what is near, or nobody could look."""

import pytest

from bot.diagnosis.looks import FindTargets
from bot.diagnosis.naming import Asked, UnclearNameError, asked
from bot.diagnosis.resolving import Nowhere, Resolved, resolve
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target
from tests.diagnosis.engines import engine
from tests.fakes.sources import FakeSources

WEB = Target("default", "shop", "Deployment", "web")
OTHER = Target("default", "blog", "Deployment", "web")
JOB = Target("default", "shop", "Job", "web")


async def resolved(wanted: Asked, answer: tuple[Target, ...] | Unavailable) -> Resolved:
    look = FindTargets(wanted.name, wanted.namespace, wanted.kind)
    return await resolve(engine(sources=FakeSources({look: answer})), "default", wanted)


def gap(reason: Reason, detail: str = "") -> Unavailable:
    return Unavailable(Source.KUBERNETES, reason, "list", "deployments", detail=detail)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ((WEB,), (WEB,)),
        ((WEB, OTHER), (OTHER, WEB)),
        ((JOB, WEB), (WEB,)),
        ((JOB,), (JOB,)),
        ((Target("default", "shop", "Deployment", "web-2"), WEB), (WEB,)),
        ((Target("default", "shop", "Deployment", "web-2"),), Nowhere((Target("default", "shop", "Deployment", "web-2"),))),
        ((), Nowhere()),
        (gap(Reason.NOT_FOUND, "no such namespace"), Nowhere(detail="no such namespace")),
        (gap(Reason.UNREACHABLE), gap(Reason.UNREACHABLE)),
        (gap(Reason.FORBIDDEN), gap(Reason.FORBIDDEN)),
    ],
)  # fmt: skip
async def test_a_bare_name(answer: tuple[Target, ...] | Unavailable, found: Resolved) -> None:
    assert await resolved(Asked("web"), answer) == found


@pytest.mark.parametrize(
    ("text", "reason", "taken"),
    [
        ("shop/hpa/web", Reason.FORBIDDEN, True),
        ("node/web", Reason.FORBIDDEN, True),
        ("app/web", Reason.NOT_READY, True),
        ("hpa/web", Reason.FORBIDDEN, False),
        ("shop/hpa/web", Reason.UNREACHABLE, False),
        ("shop/deploy/web", Reason.FORBIDDEN, False),
    ],
)
async def test_what_names_one_thing_is_taken_at_its_word_where_a_look_is_refused(
    text: str, reason: Reason, *, taken: bool
) -> None:
    wanted = asked(text)

    found = await resolved(wanted, gap(reason))

    as_typed = Target("default", wanted.namespace, wanted.kind, "web")
    assert found == ((as_typed,) if taken else gap(reason))


async def test_a_claim_needs_its_namespace() -> None:
    with pytest.raises(UnclearNameError, match="needs its namespace"):
        await resolved(asked("pvc/data"), ())
    assert await resolved(asked("shop/pvc/data"), ()) == (
        Target("default", "shop", "PersistentVolumeClaim", "data"),
    )
