"""Why the runs of one plan are not those of another, a sentence for each difference."""

from __future__ import annotations

import json
import operator
import sys
import traceback
from pathlib import Path
from typing import Any

from mesa_doe.study.constants import same_constants
from mesa_doe.study.source import changes
from mesa_doe.study.stored_model import Document, as_script, qualified_name

__all__ = ["model_differences", "setting_differences", "space_differences"]

_SETTINGS = {
    "kind": "the kind of configurations",
    "parameters": "the parameters",
    "constants": "the constants",
    "max_steps": "max_steps",
    "data_collection_period": "data_collection_period",
    "seed_policy": "seed_policy",
    "seed_root": "the root of the seeds (rng=)",
}
_SEVERAL = ("parameters", "constants")


def setting_differences(old: Document, new: Document) -> list[str]:
    """Compare what holds for all runs."""
    return [
        f"{what} {'were' if key in _SEVERAL else 'was'} {_short(old[key])}, "
        f"{'are' if key in _SEVERAL else 'is'} {_short(new[key])}"
        for key, what in _SETTINGS.items()
        if not (same_constants if key == "constants" else operator.eq)(old[key], new[key])
    ]


def model_differences(old: Document, new: Document, any_source: bool) -> list[str]:
    """Compare two models: by name, by what is kept of them, and unless any source will do by their code.

    A script and the module that its file is elsewhere are one, unless it runs the study as it is imported:
    who imports it to replay a run does not mean to go on with all.
    """
    modules = [one["model"]["module"] for one in (old, new)]
    is_script = "__main__" in modules and _same_file(old["model"], new["model"])
    if modules[0] != modules[1] and is_script and not _is_imported_now(modules[1]):
        old, new = (as_script(one, module) for one, module in zip((old, new), modules, strict=True))
    found = []
    for key in ("model", "scenario"):
        names = [None if one[key] is None else qualified_name(one[key]) for one in (old, new)]
        if names[0] != names[1]:
            found.append(f"the {key} was {names[0]}, is {names[1]}")
    if old["outputs"] != new["outputs"]:
        found.append(f"outputs were {_short(old['outputs'])}, are {_short(new['outputs'])}")
    return found if any_source or found else changes(old["source"], new["source"])


def _same_file(one: Document, other: Document) -> bool:
    files = [one["file"], other["file"]]
    return None not in files and Path(files[0]).resolve() == Path(files[1]).resolve()


def _is_imported_now(module: str) -> bool:
    """Whether the import of a module, which has not ended, has led here; a script is not imported."""
    known = getattr(sys.modules.get(module), "__dict__", None)
    frames = (frame for frame, _ in traceback.walk_stack(None))
    return module != "__main__" and any(
        frame.f_globals is known and frame.f_code.co_name == "<module>" for frame in frames
    )


def space_differences(old: Document, new: Document) -> list[str]:
    """Compare the spaces of two designs, where both are known."""
    if "space" not in old or "space" not in new:
        return []
    return _tree_differences("space", old["space"], new["space"])


def _tree_differences(where: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys([*old, *new]))
        return [
            line
            for key in keys
            for line in _tree_differences(f"{where}.{key}", old.get(key, "absent"), new.get(key, "absent"))
        ]
    return [] if old == new else [f"{where} was {_short(old)}, is {_short(new)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else text[:199] + "…"
