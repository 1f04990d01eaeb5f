"""The errors that a person can mend, by the exit code that they end a command with."""

from bot.commands.audit import UnclearSinceError
from bot.commands.diagnose import CannotLookError, CannotRecordError, NoTargetError
from bot.commands.explain import NoLogError
from bot.commands.replay import NoBundleError
from bot.commands.rule_files import RuleFileError
from bot.demo.posting import RefusedError
from bot.diagnosis.naming import UnclearNameError
from bot.incidents.store import StoreError
from bot.ingest.server import CannotListenError
from bot.settings import SettingsError

FAILED = (RefusedError,)
USAGE = (
    SettingsError,
    StoreError,
    CannotListenError,
    CannotRecordError,
    NoBundleError,
    NoLogError,
    NoTargetError,
    RuleFileError,
    UnclearSinceError,
    UnclearNameError,
)
BLIND = (CannotLookError,)
