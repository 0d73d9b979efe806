"""Results of several outputs, or of many steps, told as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.errors import counted

__all__ = ["condensed", "in_order", "joined", "together"]

# A pair (name, step) as it is written, and what may differ between steps.
_OVER_TIME = re.compile(r"\(('[^']*'), ([^)]*)\)")
_FIGURES = re.compile(r"(?<!\w)[-+]?\d[\d,.]*(?:e[-+]?\d+)?")


def together(parts: Sequence[SensitivityResult], outputs: Sequence[Any]) -> SensitivityResult:
    """Join results of one analysis of different outputs, which keep their names.

    Parameters
    ----------
    parts : sequence of SensitivityResult
    outputs : sequence
        Names, in the order wanted.

    Returns
    -------
    SensitivityResult
        Settings that are not the same for all outputs are mappings, by output.

    Examples
    --------
    >>> columns = ["output", "measure", "factor", "partner", "estimate", "low", "high"]
    >>> a, b = (SensitivityResult("sobol", pd.DataFrame([[name, "S1", "x", "", 1, 1, 1]], columns=columns),
    ...                           {"blocks": blocks}) for name, blocks in (("a", 8), ("b", 16)))
    >>> together([b, a], ["a", "b"]).settings
    {'blocks': {'b': 16, 'a': 8}}
    """
    frame = pd.concat([part.estimates for part in parts], ignore_index=True)
    return replace(
        parts[0],
        estimates=in_order(frame, outputs),
        settings=_joined_settings(parts),
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        notes=tuple(dict.fromkeys(text for part in parts for text in part.notes)),
    )


def joined(parts: Sequence[SensitivityResult], outputs: Sequence[Any]) -> SensitivityResult:
    """Join results of one analysis of different outputs, some of which may be over time.

    Parameters
    ----------
    parts : sequence of SensitivityResult
        Outputs that are pairs (name, step) become rows of a name over time.
    outputs : sequence
        Names, in the order wanted.

    Returns
    -------
    SensitivityResult
        Settings as of :func:`together`.

    Examples
    --------
    >>> frame = pd.DataFrame({"output": [("y", 3)], "measure": ["S1"], "factor": ["a"], "partner": [""],
    ...                       "estimate": [0.8], "low": [0.7], "high": [0.9]})
    >>> joined([SensitivityResult("sobol", frame)], ["y"]).to_frame()[["output", "step"]].values.tolist()
    [['y', 3]]
    """
    found = together(parts, [label for part in parts for label in part.outputs])
    frame = found.estimates
    if all(isinstance(name, tuple) for name in frame["output"]):
        names, steps = zip(*frame["output"], strict=True)
        frame = frame.assign(output=names)
        frame.insert(1, "step", steps)
    return replace(found, estimates=in_order(frame, outputs))


def in_order(frame: pd.DataFrame, outputs: Sequence[Any]) -> pd.DataFrame:
    """Return rows of outputs in the order wanted.

    Parameters
    ----------
    frame : DataFrame
        With a column ``output``.
    outputs : sequence
        Names.

    Returns
    -------
    DataFrame
        Numbered anew.
    """
    order = {name: place for place, name in enumerate(outputs)}
    # Not .map(order), to which tuples would be a MultiIndex.
    places = np.array([order[name] for name in frame["output"]])
    return frame.iloc[places.argsort(kind="stable")].reset_index(drop=True)


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
            settings[name] = _by_name(
                {
                    output: _of_output(value, part, output)
                    for value, part in zip(values, parts, strict=True)
                    for output in part.outputs
                }
            )
    return settings


def _is_by_output(value: Any, part: SensitivityResult) -> bool:
    # Parts may have been joined of parts, whose settings are by name where steps have the same.
    outputs = part.outputs
    return isinstance(value, dict) and set(value) <= {*outputs, *map(_name_of, outputs)}


def _of_output(value: Any, part: SensitivityResult, output: Any) -> Any:
    if value and _is_by_output(value, part):
        return value.get(output, value.get(_name_of(output)))
    return value


def _by_name(by_output: dict[Any, Any]) -> dict[Any, Any]:
    """Say once what holds of all steps of an output, which over time is a pair with the step."""
    by_name: dict[Any, Any] = {}
    for output, value in by_output.items():
        if by_name.setdefault(_name_of(output), value) != value:
            return by_output
    return by_name


def _name_of(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


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
