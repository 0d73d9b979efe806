"""The page: its parts, styles, script and data together."""

from __future__ import annotations

import base64
import hashlib
import shlex
from importlib.resources import files

import pandas as pd

from mesa_doe.columns import free_names
from mesa_doe.errors import are, counted
from mesa_doe.report.figures import Figures
from mesa_doe.report.indices import Analysed, indices
from mesa_doe.report.markup import Markup, element, joined, paragraph, raw
from mesa_doe.report.outputs import Outputs, outputs
from mesa_doe.report.provenance import provenance
from mesa_doe.report.rerun import rerun_of
from mesa_doe.report.runs import design, failures
from mesa_doe.report.source import Source, source_of_results
from mesa_doe.report.tables import DataTables
from mesa_doe.results import Results

__all__ = ["MARK", "MOST_OUTPUTS", "page_of"]

#: Outputs that are shown where none are named, and of one analysis.
MOST_OUTPUTS = 20
#: By which a report is known again.
MARK = '<meta name="generator" content="mesa-doe report">'


def page_of(
    results: Results, title: str | None, shown: Outputs, analysed: Analysed, command: str | None
) -> str:
    """Return the page.

    Parameters
    ----------
    results : Results
    title : str or None
    shown : Outputs
    analysed : Analysed
    command : str or None
        As for :func:`mesa_doe.write_report`.
    """
    source, figures = source_of_results(results), Figures()
    rest = _rest(source)
    tables = DataTables()
    data = _tables(results, shown, analysed, tables, rest)
    whole = tables.data["runs"]["rows"] == len(results)
    title = title or (
        source.folder.name if source.folder is not None else source.models[0].rpartition(":")[2]
    )
    sections = [
        ("run", "What was run", provenance(results, source, rerun_of(results, source, whole), command)),
        ("design", "Design", design(results, figures)),
        ("failures", "Failures", failures(results, figures, rest)),
        ("outputs", "Outputs", outputs(results, shown, figures)),
        ("indices", "Indices", indices(analysed, figures, MOST_OUTPUTS)),
        ("tables", "Tables", data),
    ]
    contents = element(
        "nav",
        element("ol", *(element("li", element("a", name, href=f"#{key}")) for key, name, _ in sections)),
        aria_label="Contents",
    )
    body = joined(
        element("a", "Skip to the contents", href="#run", class_="skip"),
        element(
            "header",
            element("h1", title),
            paragraph(_summary(results, source), class_="lead"),
            _state(results),
            element("button", "Dark", type="button", id="theme", hidden=True),
        ),
        contents,
        element(
            "main",
            *(
                element("section", element("h2", name), part, id=key, aria_label=name)
                for key, name, part in sections
            ),
        ),
        element(
            "footer",
            paragraph("Written by mesa-doe from the records of the study; nothing on this page is loaded."),
        ),
        tables.markup(),
    )
    script = _file("page.js")
    page = element("html", _head(title, script), element("body", body, raw("script", script)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _head(title: str, script: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    # A second wall behind the escaping: no other script runs, and nothing is loaded.
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        Markup(MARK),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        raw("style", _file("page.css")),
    )


def _file(name: str) -> str:
    return files("mesa_doe.report").joinpath(name).read_text(encoding="utf-8")


def _rest(source: Source) -> str:
    if source.folder is None:
        return "All rows are in results.runs and results.failures."
    return f"All of them: mesa-doe export {shlex.quote(source.folder.name)} FOLDER --format csv."


def _summary(results: Results, source: Source) -> str:
    plan = source.plan
    told = counted(len(results), "run")
    if plan["design"]:
        points = counted(plan["design"]["points"], "point")
        told = f"{told} of {points} of a {plan['design']['method'].replace('_', ' ')} design"
    counts = results.runs["status"].value_counts()
    failed = int(len(results) - counts.get("ok", 0))
    outcome = "no run failed" if not failed else f"{counted(failed, 'run')} not ok"
    return f"{told}; {outcome}. Model: {', '.join(source.models)}."


def _state(results: Results) -> Markup | None:
    if not results.pending:
        return None
    recorded, pending = len(results), results.pending
    told = (
        f"The study is not complete: {recorded:,} of {len(results.configurations):,} runs "
        f"{are(recorded)} recorded, and {pending:,} {are(pending)} pending. This page shows what there was "
        "when it was written."
    )
    return element("div", told, class_="warning", role="note")


def _tables(results: Results, shown: Outputs, analysed: Analysed, tables: DataTables, rest: str) -> Markup:
    parts = [tables.add("runs", results.runs.reset_index(), "Runs", rest)]
    points = _points(results, shown)
    if points is not None:
        parts.append(tables.add("points", points, "Points"))
    for place, result, heading in analysed.named():
        name = "indices" if len(analysed.results) == 1 else f"indices-{place}-{result.method}"
        parts.append(tables.add(name, result.to_frame(), f"Indices: {heading}"))
    return joined(*parts)


def _points(results: Results, shown: Outputs) -> pd.DataFrame | None:
    """Return a row a point: its parameters, and replications, mean and standard error of each output."""
    if results.runs["point"].isna().any() or not len(results) or not shown.values:
        return None
    found = {name: results.points(name, shown.at) for name in shown.values}
    first = next(iter(found.values()))
    counts = [own["replications"] for own in found.values()]
    # A replication that gave no number counts for the outputs that have one.
    alike = all(one.equals(counts[0]) for one in counts)
    frame, columns = first.iloc[:, : len(results.parameters) + alike], {}
    for name, own in found.items():
        if not alike:
            columns[f"{name} replications"] = own["replications"]
        columns[f"{name} mean"] = own["mean"]
        if int(own["replications"].max()) > 1:
            columns[f"{name} sem"] = own["sem"]
    free = free_names([*columns], {"point", *map(str, frame.columns)}, "_output")
    return frame.assign(**dict(zip(free, columns.values(), strict=True))).reset_index()
