"""Why the folder of a study is of other runs than a study file, told by the keys of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesa_doe.cli.toml_file import spelled, written
from mesa_doe.errors import DesignError, StudyError, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesa_doe.cli.study_file import StudyFile
    from mesa_doe.cli.toml_lines import Key
    from mesa_doe.design import Design

__all__ = ["told_by_key"]

# The option of a design that has grown: its sizes before.
_SIZES = "grown_from"


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
    from mesa_doe.samplers import LONGER
    from mesa_doe.study import StudyFolder, plan_of
    from mesa_doe.study.reading import is_study

    if not is_study(store):
        return None
    stored, new = StudyFolder(store, LONGER).plan, plan_of(study.configurations)
    differences = stored.differences(new, any_source=any_source)
    if not differences:
        return None
    if all(" of point " in one for one in differences):
        differences = _design_differences(stored.design, new.design) or differences
    told = listed([_told(study, one) for one in differences], "differences")
    hint = "name another folder with --store"
    if not stored.differences(new, any_source=True):
        hint += ", or go on with the changed code by mesa-doe run --allow-changed-model"
    return StudyError(f"the study in {str(store)!r} is of other runs than {study.file.path}: {told}\n{hint}")


def _design_differences(old: Design | None, new: Design | None) -> list[str]:
    """Say by which options of two designs their points differ; empty where that is not known."""
    if old is None or new is None:
        return []
    if old.method != new.method:
        return [f"design.method: it was {written(old.method)}, is {written(new.method)}"]
    had, has = dict(old.options), dict(new.options)
    grown = [[*options.pop(_SIZES, ()), options.get("n")] for options in (had, has)]
    differing = [name for name in {**had, **has} if had.get(name) != has.get(name)]
    if "entropy" in differing:
        return ["design.rng: it was another when the study was made"]
    if grown[0] != grown[1] and differing in ([], ["n"]):
        return [_size_difference(old, *grown)]
    return [
        f"design.{name}: it was {written(had.get(name))}, is {written(has.get(name))}" for name in differing
    ]


def _size_difference(old: Design, had: Sequence[int], has: Sequence[int]) -> str:
    """Say how a design grows of which only the sizes differ."""
    told = f"design.n: {_sizes(had)} was run, and {_sizes(has)} has other points"
    if has[-1] <= had[-1]:
        return f"{told}; go on with {_sizes(had)}"
    try:
        old.extend(has[-1])
    except DesignError as error:
        return f"{told}; {error}"
    return f"{told}; to let the study grow, write {_sizes([*had, has[-1]])}"


def _sizes(sizes: Sequence[int]) -> str:
    """Write sizes, each grown from the one before, as a study file does.

    Examples
    --------
    >>> _sizes([80]), _sizes([80, 160]), _sizes([80, 160, 320])
    ('n = 80', 'n = 80 and extend = 160', 'n = 80 and extend = [160, 320]')
    """
    first, *later = sizes
    if not later:
        return f"n = {first}"
    return f"n = {first} and extend = {written(later if len(later) > 1 else later[0])}"


def _told(study: StudyFile, difference: str) -> str:
    """Put the key and its line before a difference that is about one."""
    if difference.startswith("the root of the seeds"):
        # Two numbers of 128 bits help nobody.
        difference = "it was another when the study was made"
        key: Key = ("runs", "rng")
    else:
        key = _key(difference)
    line = study.file.line(key)
    difference = difference.removeprefix(f"{spelled(key)}: ")
    return f"line {line}: {spelled(key)}: {difference}" if key and line else difference


def _key(difference: str) -> Key:
    if " of point " in difference:
        return ("design",)
    if difference.startswith("design."):
        return "design", difference.partition(":")[0].removeprefix("design.")
    first, *rest = difference.removeprefix("the ").split(" ", 1)[0].split(".")
    if first == "space" and len(rest) > 1:  # space.axes.density.high
        return "space", rest[1]
    if first in ("max_steps", "data_collection_period", "seed_policy", "outputs"):
        return "runs", first
    if first in ("space", "parameters", "constants"):
        return ("space",)
    return ("model",) if first in ("model", "scenario") else ()
