"""Why the folder of a study is of other runs than a study file, told by the keys of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesa_doe.cli.toml_file import spelled
from mesa_doe.errors import StudyError, listed

if TYPE_CHECKING:
    from mesa_doe.cli.study_file import StudyFile
    from mesa_doe.cli.toml_lines import Key

__all__ = ["told_by_key"]


def told_by_key(study: StudyFile, store: Path, *, any_source: bool = False) -> StudyError | None:
    """Return the error that refuses a folder; None where it is one of these runs, or of no study.

    Parameters
    ----------
    study : StudyFile
    store : Path
        The folder.
    any_source : bool, default False
        Whether the code of the model may differ.
    """
    from mesa_doe.study import StudyFolder, plan_of
    from mesa_doe.study.reading import is_study

    if not is_study(store):
        return None
    stored, new = StudyFolder(store).plan, plan_of(study.configurations)
    differences = stored.differences(new, any_source=any_source)
    if not differences:
        return None
    told = listed([_told(study, one) for one in differences], "differences")
    hint = "name another folder with --store"
    if not stored.differences(new, any_source=True):
        hint += ", or go on with the changed code by mesa-doe run --allow-changed-model"
    return StudyError(f"the study in {str(store)!r} is of other runs than {study.file.path}: {told}\n{hint}")


def _told(study: StudyFile, difference: str) -> str:
    """Put the key and its line before a difference that is about one."""
    if difference.startswith("the root of the seeds"):
        # Two numbers of 128 bits help nobody.
        difference = "it was another when the study was made"
        key: Key = ("runs", "rng")
    else:
        key = _key(difference)
    line = study.file.line(key)
    return f"line {line}: {spelled(key)}: {difference}" if key and line else difference


def _key(difference: str) -> Key:
    if " of point " in difference:
        return ("design",)
    first, *rest = difference.removeprefix("the ").split(" ", 1)[0].split(".")
    if first == "space" and len(rest) > 1:  # space.axes.density.high
        return "space", rest[1]
    if first in ("max_steps", "data_collection_period", "seed_policy", "outputs"):
        return "runs", first
    if first in ("space", "parameters", "constants"):
        return ("space",)
    return ("model",) if first in ("model", "scenario") else ()
