from .folder import StudyFolder, StudyWriter, open_study
from .ledger import Entry, Ints, entry_for, joined
from .numbering import Numbering
from .plan import Plan, plan_of
from .provenance import resolve
from .records import Records, StoredTables
from .shards import RUN_COLUMNS, Shard, write_shard
from .stored_model import StoredModel

__all__ = [
    "RUN_COLUMNS",
    "Entry",
    "Ints",
    "Numbering",
    "Plan",
    "Records",
    "Shard",
    "StoredModel",
    "StoredTables",
    "StudyFolder",
    "StudyWriter",
    "entry_for",
    "joined",
    "open_study",
    "plan_of",
    "resolve",
    "write_shard",
]
