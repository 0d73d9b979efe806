"""Results of several outputs, or of many steps, told as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.errors import counted

__all__ = ["condensed", "joined"]

# A pair (name, step) as it is written, and what may differ between steps.
_OVER_TIME = re.compile(r"\(('[^']*'), ([^)]*)\)")
_FIGURES = re.compile(r"(?<!\w)[-+]?\d[\d,.]*(?:e[-+]?\d+)?")


def joined(parts: Sequence[SensitivityResult], outputs: Sequence[Any]) -> SensitivityResult:
    """Join results of one analysis of different outputs.

    Parameters
    ----------
    parts : sequence of SensitivityResult
        Outputs that are pairs (name, step) become rows of a name over time.
    outputs : sequence
        Names, in the order wanted.

    Returns
    -------
    SensitivityResult
        Settings that are not the same for all outputs are mappings, by output.

    Examples
    --------
    >>> frame = pd.DataFrame({"output": [("y", 3)], "measure": ["S1"], "factor": ["a"], "partner": [""],
    ...                       "estimate": [0.8], "low": [0.7], "high": [0.9]})
    >>> joined([SensitivityResult("sobol", frame)], ["y"]).to_frame()[["output", "step"]].values.tolist()
    [['y', 3]]
    """
    first = parts[0]
    frame = pd.concat([part.estimates for part in parts], ignore_index=True)
    if all(isinstance(name, tuple) for name in frame["output"]):
        names, steps = zip(*frame["output"], strict=True)
        frame = frame.assign(output=names)
        frame.insert(1, "step", steps)
    order = {name: place for place, name in enumerate(outputs)}
    frame = frame.sort_values("output", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return replace(
        first,
        estimates=frame,
        settings=_joined_settings(parts),
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        notes=tuple(dict.fromkeys(text for part in parts for text in part.notes)),
    )


def _joined_settings(parts: Sequence[SensitivityResult]) -> dict[str, Any]:
    """Keep every setting: as it is where all parts have the same, else by output."""
    settings: dict[str, Any] = {}
    for name in dict.fromkeys(name for part in parts for name in part.settings):
        values: list[Any] = [part.settings.get(name) for part in parts]
        if all(_is_by_output(value, part) for value, part in zip(values, parts, strict=True)):
            settings[name] = {output: one for value in values for output, one in value.items()}
        elif all(value == values[0] for value in values):
            settings[name] = values[0]
        else:
            settings[name] = {
                output: value
                for value, part in zip(values, parts, strict=True)
                # Over time an output is a pair, with the step.
                for output in (one[0] if isinstance(one, tuple) else one for one in part.outputs)
            }
    return settings


def _is_by_output(value: Any, part: SensitivityResult) -> bool:
    return isinstance(value, dict) and set(value) <= set(part.outputs)


def condensed(warnings: Sequence[str]) -> tuple[str, ...]:
    """Say once what is said of many steps of an output.

    Parameters
    ----------
    warnings : sequence of str
        Those of outputs that are pairs (name, step) are put together; others are kept.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> condensed(["output ('y', 0) is constant (1)", "output ('y', 2) is constant (5)"])
    ("output 'y' at step 0 is constant (1); and so, but for figures, at 1 other step, the last being 2",)
    """
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for text in warnings:
        found = _OVER_TIME.search(text)
        key = (text, "") if found is None else (found[1], _FIGURES.sub("", _OVER_TIME.sub("", text)))
        told = _OVER_TIME.sub(r"\1 at step \2", text)
        alike.setdefault(key, []).append((told, "" if found is None else found[2]))
    said = []
    for (first, _), *rest in alike.values():
        more = counted(len(rest), "other step")
        last = f"; and so, but for figures, at {more}, the last being {rest[-1][1]}" if rest else ""
        said.append(first + last)
    return tuple(said)
