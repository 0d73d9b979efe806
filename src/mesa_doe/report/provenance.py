"""What was run, and how to run it again: the first part of a page."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from mesa_doe.errors import counted
from mesa_doe.report.markup import Child, Markup, code, element, joined, paragraph
from mesa_doe.report.rerun import Rerun
from mesa_doe.report.source import Source
from mesa_doe.report.tables import pairs, table
from mesa_doe.report.values import short
from mesa_doe.results import Results
from mesa_doe.space import Axis, Law, ParameterSpace
from mesa_doe.space.table import levels_of, values_of
from mesa_doe.study.constants import constant_values
from mesa_doe.study.rerun import Names, lost_parameters, settings_of
from mesa_doe.study.stored_model import qualified_name

__all__ = ["provenance"]


def provenance(results: Results, source: Source, rerun: Rerun, command: str | None) -> Markup:
    """Return the part of the page that tells what was run.

    Parameters
    ----------
    results : Results
    source : Source
    rerun : Rerun
    command : str, optional
        What at the command line makes the runs.
    """
    return joined(
        pairs(_facts(results, source)),
        *_code_of_models(source),
        element("h3", "Parameter space", id="space"),
        _space(results, source),
        element("h3", "Versions", id="versions"),
        *_sessions(source),
        element("h3", "Run it again", id="rerun"),
        *_again(results, source, rerun, command),
    )


def _facts(results: Results, source: Source) -> list[tuple[Child, Child]]:
    plan = source.plan
    facts: list[tuple[Child, Child]] = []
    for one in plan["models"]:
        file = one["model"]["file"]
        where = "" if file is None else f" in {PurePath(file).name}"
        facts.append(("Model", joined(code(qualified_name(one["model"])), where)))
        if one["scenario"] is not None:
            facts.append(("Scenario", code(qualified_name(one["scenario"]))))
    if source.folder is not None:
        facts.append(("Study", joined(code(source.folder.name), f", made {source.created}")))
    facts.append(("Design", _design(results, source)))
    replications = counted(plan["replications"], "replication")
    runs = counted(len(results.configurations), "run")
    facts.append(("Runs", f"{runs}: {replications} of each point" if plan["kind"] == "design" else runs))
    if plan["kind"] == "design":
        period = plan["data_collection_period"]
        kept = "the last step" if period == -1 else f"every {period} steps" if period > 1 else "every step"
        facts.append(("Steps", f"at most {plan['max_steps']:,}; {kept} is kept"))
        outputs = plan["models"][0]["outputs"]
        # As they were given: functions by their names.
        asked = "all that the model records" if outputs is None else code(short(Names(()).outputs(outputs)))
        seeds = joined("policy ", code(plan["seed_policy"]), ", root entropy ", code(plan["seed_root"]))
        facts += [("Outputs kept", asked), ("Seeds", seeds)]
    return facts


def _design(results: Results, source: Source) -> Child:
    design = source.plan["design"]
    if not design:
        return "none: the runs were built by hand"
    entropy = None if results.design is None else results.design.options.get("entropy")
    told = f", {counted(design['points'], 'point')} of {counted(len(design['factors']), 'factor')}"
    root = None if entropy is None else joined(", root entropy ", code(entropy))
    return joined(code(design["method"]), told, root)


def _code_of_models(source: Source) -> list[Markup]:
    entries = {name: mark for one in source.plan["models"] for name, mark in one["source"].items()}
    if not entries:
        return []
    rows = [(code(name), code(mark)) for name, mark in sorted(entries.items())]
    return [
        element(
            "details",
            element("summary", f"Fingerprints of the model’s code ({len(rows)})"),
            table(["Code", "SHA-256"], rows, caption="What the model is made of, as it was when it was run"),
        )
    ]


def _space(results: Results, source: Source) -> Markup:
    constants = constant_values(source.plan["constants"])
    if results.design is None:
        why = (source.plan["design"] or {}).get("why")
        told = f"The design could not be saved ({why})" if why else "The runs carry no parameter space"
        names = ", ".join(source.plan["parameters"]) or "none"
        return joined(paragraph(f"{told}; their parameters are {names}."), *_constants(constants))
    space = results.design.space
    groups = results.design.groups or {}
    group_of = {name: group for group, names in groups.items() for name in names}
    rows = [
        (code(name), type(axis).__name__, *_values(axis), *([group_of[name]] if groups else []))
        for name, axis in space.axes.items()
    ]
    header = ["Factor", "Kind", "Values", "Levels", *(["Group"] if groups else [])]
    return joined(
        table(header, rows, caption="What varies"), *_constants(dict(space.constants)), *_rules(space)
    )


def _values(axis: Axis) -> tuple[Child, Child]:
    """Return over what an axis goes, and how many levels it has."""
    told = short(values_of(axis, short))
    return code(told) if isinstance(axis, Law) else told, levels_of(axis)


def _constants(constants: Mapping[str, Any]) -> list[Markup]:
    rows = [(code(name), short(value)) for name, value in constants.items()]
    return [table(["Constant", "Value"], rows, caption="What does not vary")] if rows else []


def _rules(space: ParameterSpace) -> list[Markup]:
    found: list[tuple[Child, Child]] = [
        ("Derived", joined(code(name), " = ", code(short(one.expression))))
        for name, one in space.derived.items()
    ]
    found += [("Constraint", code(short(rule))) for rule in space.constraints]
    if space.correlation is not None:
        numbers = space.correlation.to_numpy()
        found += [
            ("Rank correlation", joined(code(one), " and ", code(other), f": {float(numbers[i, j]):g}"))
            for (i, one), (j, other) in itertools.combinations(enumerate(space.correlation.columns), 2)
            if numbers[i, j] != 0
        ]
    return [pairs(found)] if found else []


def _sessions(source: Source) -> list[Markup]:
    parts = []
    for one in source.sessions:
        by = f"{one['time']} on {one['host']}" if "time" in one else "by the process that ran the models"
        facts: list[tuple[Child, Child]] = [("Written", by), *one["versions"].items()]
        if one.get("git"):
            changed = ", with changes that were not committed" if one["git"]["changed"] else ""
            of = " of the script" if one["git"].get("of") == "script" else ""
            facts.append((f"Git commit{of}", joined(code(one["git"]["commit"]), changed)))
        facts += [("Changed model", told) for told in one.get("changed_model", [])]
        parts.append(element("div", pairs(facts), class_="versions"))
    return parts


def _again(results: Results, source: Source, rerun: Rerun, command: str | None) -> list[Markup]:
    parts = []
    if rerun.code:
        where = "holds the study" if source.folder is not None else "holds runs.csv"
        parts.append(paragraph(f"In Python, in the folder that {where}:"))
        parts.append(element("pre", code(rerun.code), tabindex="0"))
    else:
        parts.append(paragraph(rerun.reason, class_="missing"))
    if command is not None:
        parts.append(
            paragraph(
                "At the command line. Where the study’s folder is, this goes on with it; elsewhere it makes "
                "all runs again:"
            )
        )
        parts.append(element("pre", code(command), tabindex="0"))
    if source.folder is not None and len(results) and not lost_parameters(source.plan):
        parts += _one_run(source.folder.name, results.runs.index[0], source)
    return parts


def _one_run(folder: str, run: Any, source: Source) -> list[Markup]:
    if missing := _missing(source):  # the command line could not import it either
        told = f"One run alone, in the script or notebook that has {'; '.join(missing)}:"
        models = [one["model"] for one in source.plan["models"]]
        is_of_script = len(models) == 1 and models[0]["module"] == "__main__"
        given = f", model={models[0]['qualname']}" if is_of_script else ""
        replay = f"doe.load({folder!r}).replay({run}{given})"
    else:
        told = "One run alone, with its outputs or its traceback:"
        replay = f"mesa-doe replay {shlex.quote(folder)} {run}"
    return [paragraph(told), element("pre", code(replay), tabindex="0")]


def _missing(source: Source) -> list[str]:
    """Return what the runs need and nothing can import: it was defined in a script or a function."""
    names = Names(())
    for one in source.plan["models"]:
        settings_of(one, names)
    return names.missing
