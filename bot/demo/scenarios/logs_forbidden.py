"""A crash loop in a namespace where the bot may not read logs: what could not be looked at is said, with the grant."""

from datetime import datetime, timedelta

from bot.demo.builders import App, crashing, ended, node, pod_alert
from bot.demo.world import Act, Denied, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote, PodTemplate
from bot.diagnosis.looks import LogOf

_APP = App("payments", "payment-gateway")
_NODE = "worker-c1"
_POD = "58f9d7b6c4-h2s6w"
_SPEC = ContainerSpec(
    "gateway",
    "registry.example/payments/gateway:4.12.0",
    "main",
    env=(EnvVar("SIGNING_KEY", "", "secret/payment-gateway-keys/signing"),),
    env_from=(EnvSource("ConfigMap", "payment-gateway"),),
    limits={"cpu": "1", "memory": "512Mi"},
)


def _acts(now: datetime) -> tuple[Act, ...]:
    template = PodTemplate((_SPEC,), service_account="gateway", mounts=("secret/payment-gateway-keys",))
    created = now - timedelta(days=21)
    end = ended("Error", 2, now - timedelta(seconds=95), after=timedelta(seconds=1))
    last = now - timedelta(seconds=10)
    message = f"Back-off restarting failed container gateway in pod payment-gateway-{_POD}"
    place = Place(
        _APP.workload(template, now - timedelta(days=500), desired=1, ready=0),
        (_APP.pod(_POD, created, _NODE, crashing(_SPEC, f"payment-gateway-{_POD}", end, restarts=6)),),
        (_APP.revision(_POD.split("-", maxsplit=1)[0], 58, created, template, 1),),
        events=(
            _APP.warning(_POD, "BackOff", message, count=27, first=now - timedelta(minutes=8), last=last),
        ),
    )
    notes = (
        ObjectNote("Secret", "payments", "payment-gateway-keys", created, now - timedelta(minutes=9), "eso"),
        ObjectNote("ConfigMap", "payments", "payment-gateway", created, created),
    )
    alert = pod_alert(
        _APP, _POD, "gateway", now - timedelta(minutes=1), severity="critical", reason="CrashLoopBackOff"
    )
    world = World(
        (place,),
        (node(_NODE, now - timedelta(days=60), cpu="8", memory="32Gi"),),
        notes,
        denied=(Denied(LogOf, "payments"),),
    )
    return (Act("a crash loop whose log the bot may not read", (alert,), world),)


SCENARIO = Scenario(
    "logs-forbidden", "A Secret changed, the pod crashes, and the bot may not read its log", _acts
)
