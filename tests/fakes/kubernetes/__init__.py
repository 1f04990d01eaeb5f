"""A kube-apiserver for tests: answers as a real one does, in the words of a real one, and misbehaves on demand.

It is one aiohttp server over plain HTTP. It records every request, and refuses to hand out a Secret's content.
"""

from tests.fakes.kubernetes.logs import ContainerLog
from tests.fakes.kubernetes.server import FakeKubernetes, Recorded

__all__ = ["ContainerLog", "FakeKubernetes", "Recorded"]
