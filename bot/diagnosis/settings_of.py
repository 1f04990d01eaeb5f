"""Looks at all that the environment of a pod template is made of: ConfigMaps, and what is known of Secrets. Judges nothing.

One round of look-ups, whose number depends on the template alone. No Secret's content is asked for.
"""

import asyncio
from collections.abc import Collection, Iterator

from bot.diagnosis.environment import Settings
from bot.diagnosis.evidence import PodTemplate
from bot.diagnosis.looks import SecretNote
from bot.diagnosis.looks_objects import ConfigMapOf
from bot.diagnosis.sources import Sources


async def look_at_settings(
    namespace: str, template: PodTemplate, sources: Sources, containers: Collection[str] = ()
) -> Settings:
    """Of these containers; of all where none is named."""
    references = dict.fromkeys(_references(template, containers))
    maps = [name for kind, name in references if kind == "configmap"]
    secrets = [name for kind, name in references if kind == "secret"]
    found_maps, found_secrets = await asyncio.gather(
        asyncio.gather(*(sources.look(ConfigMapOf(namespace, name)) for name in maps)),
        asyncio.gather(*(sources.look(SecretNote(namespace, name)) for name in secrets)),
    )
    return Settings(
        namespace,
        dict(zip(maps, found_maps, strict=True)),
        dict(zip(secrets, found_secrets, strict=True)),
    )


def _references(template: PodTemplate, containers: Collection[str]) -> Iterator[tuple[str, str]]:
    for spec in template.containers:
        if containers and spec.name not in containers:
            continue
        for source in spec.env_from:
            yield source.kind.lower(), source.name
        for entry in spec.env:
            kind, _, rest = entry.source.partition("/")
            yield kind, rest.partition("/")[0]
