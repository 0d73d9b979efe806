"""The study folder: shards, ledger, lock, resume."""

from mesa_doe.study.folder import StudyFolder, StudyWriter, open_study
from mesa_doe.study.ledger import Entry, Ints, entry_for, joined
from mesa_doe.study.lock import holders
from mesa_doe.study.plan import Numbering, Plan, StoredModel, plan_of
from mesa_doe.study.provenance import resolve
from mesa_doe.study.records import Records, StoredTables
from mesa_doe.study.shards import RUN_COLUMNS, Shard, write_shard
from mesa_doe.study.source import changes, source_of

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
    "changes",
    "entry_for",
    "holders",
    "joined",
    "open_study",
    "plan_of",
    "resolve",
    "source_of",
    "write_shard",
]
