"""All cases of eso_sync_failed."""

from tests.runbooks.eso_argocd_cases import SYNC
from tests.runbooks.eso_crd_cases import CONVERSION, VERSIONS
from tests.runbooks.eso_key_cases import KEYS, OTHERS
from tests.runbooks.eso_store_cases import PROVIDER, STORES

CASES = [*CONVERSION, *VERSIONS, *STORES, *PROVIDER, *KEYS, *OTHERS, *SYNC]
