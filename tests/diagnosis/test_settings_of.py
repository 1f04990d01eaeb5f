"""What is looked at for the environment of containers: each source once, and only for those that matter."""

from bot.diagnosis.environment import Settings
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, PodTemplate
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.looks import SecretNote
from bot.diagnosis.looks_objects import ConfigMapOf
from bot.diagnosis.reads import CONFIG_READ, SECRET_META
from bot.diagnosis.settings_of import look_at_settings
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source
from tests.fakes.sources import FakeSources

MAP, SECRET = "ConfigMap", "Secret"
SHARED, OWN = EnvSource(MAP, "shared"), EnvSource(MAP, "own")


def gap(resource: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", resource, "shop")


async def test_each_source_is_asked_for_once_and_all_at_once() -> None:
    init = ContainerSpec("init", "i", "init", env_from=(SHARED, EnvSource(SECRET, "s")))
    app = ContainerSpec(
        "app",
        "i",
        "main",
        env=(EnvVar("A", "", "secret/s/a"), EnvVar("B", "", "configmap/own/b"), EnvVar("C", "c")),
        env_from=(SHARED,),
    )
    own, shared = ConfigMapState("shop", "own", {"b": "1"}), ConfigMapState("shop", "shared", {})
    sources = FakeSources(
        {
            ConfigMapOf("shop", "shared"): shared,
            ConfigMapOf("shop", "own"): own,
            SecretNote("shop", "s"): gap("secrets"),
        },
        reads=(CONFIG_READ, SECRET_META),
    )
    template = PodTemplate((init, app), mounts=("configmap/mounted",))

    found = await look_at_settings("shop", template, sources)

    assert found == Settings("shop", {"shared": shared, "own": own}, {"s": gap("secrets")})
    assert len(sources.asked) == 3


async def test_only_the_containers_that_matter_are_looked_at() -> None:
    init = ContainerSpec("init", "i", "init", env_from=(OWN,))
    app = ContainerSpec("app", "i", "main", env_from=(SHARED,))
    sources = FakeSources(otherwise=lambda _: gap("configmaps"))

    found = await look_at_settings("shop", PodTemplate((init, app)), sources, containers=("app",))

    assert sources.asked == [ConfigMapOf("shop", "shared")]
    assert found.config_map("shared") == gap("configmaps")
    assert isinstance(found.config_map("own"), Unavailable)
