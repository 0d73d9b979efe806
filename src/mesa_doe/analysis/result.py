"""``SensitivityResult``: the one shape that every analysis answers in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe._optional import require
from mesa_doe.analysis.curves import with_levels
from mesa_doe.analysis.dummy import of_dummy
from mesa_doe.analysis.options import one_of
from mesa_doe.analysis.shown import as_html, method_name, notes_of
from mesa_doe.errors import AnalysisError, counted
from mesa_doe.plots import canvas, naming

__all__ = ["SensitivityResult"]

# Outputs that are written out.
_MOST_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityResult:
    """Estimates of one analysis, with their intervals and what must be known of them.

    Parameters
    ----------
    method : str
        Name of the analysis.
    estimates : DataFrame
        Tidy: one row an estimate, columns ``output``, ``measure`` (such as ``"S1"``), ``factor``,
        ``partner`` (the second factor of an interaction, else empty), ``estimate``, ``low``, ``high``; over
        time also ``step``, after ``output``.
    settings : mapping
        What the analysis was called with, and what it found: blocks used, noise, confidence.
    warnings : tuple of str
        What changes the meaning of the estimates.
    notes : tuple of str
        What is good to know beside.
    scale : str, default "share of variance"
        What the estimates are measured in.
    plotted : tuple of str, optional
        Which measures :meth:`plot` draws; by default all that have one factor.

    Examples
    --------
    >>> frame = pd.DataFrame({"output": ["y"], "measure": ["S1"], "factor": ["a"], "partner": [""],
    ...                       "estimate": [0.8], "low": [0.7], "high": [0.9]})
    >>> SensitivityResult("sobol", frame)
    sobol: 'y'
    factor  S1
    a       0.800 [0.700, 0.900]
    """

    method: str
    estimates: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scale: str = "share of variance"
    plotted: tuple[str, ...] = ()

    @property
    def outputs(self) -> list[Any]:
        """The outputs analysed, in order."""
        return list(dict.fromkeys(self.estimates["output"]))

    @property
    def steps(self) -> list[Any]:
        """The steps of indices over time, in order; empty where there is one estimate an output."""
        return _steps_of(self.estimates)

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy estimates: one row an estimate.

        Returns
        -------
        DataFrame
            Columns ``output``, ``measure``, ``factor``, ``partner``, ``estimate``, ``low``, ``high``.
        """
        return self.estimates.copy()

    def to_xarray(self) -> Any:
        """Return the estimates as labelled arrays.

        Returns
        -------
        xarray.Dataset
            A variable a measure and two for its interval (``S1``, ``S1_low``, ``S1_high``), with dimensions
            ``output``, ``step`` (over time), ``factor`` and, of interactions, ``partner``; a measure that
            factors and pairs have is ``S`` and ``S_pairs``.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.
        """
        xarray = require("xarray", extra="xarray")
        found = {}
        over_time = ["step"] if self.steps else []
        for (measure, is_pair), rows in self.estimates.groupby(
            ["measure", self.estimates["partner"] != ""], sort=False
        ):
            dims = ["output", *over_time, "factor", *(["partner"] if is_pair else [])]
            cube = rows.set_index(dims)[["estimate", "low", "high"]].to_xarray()
            # As they stand in the frame: pandas sorts them.
            order = {dim: list(dict.fromkeys(rows[dim])) for dim in dims}
            cube = cube.sel(order | ({"step": _steps_of(rows)} if over_time else {}))
            of_pairs = "_pairs" if is_pair and measure in set(self._of_one["measure"]) else ""
            for name, suffix in (("estimate", ""), ("low", "_low"), ("high", "_high")):
                found[f"{measure}{of_pairs}{suffix}"] = cube[name]
        return xarray.merge([values.rename(name) for name, values in found.items()], join="outer")

    @property
    def _of_one(self) -> pd.DataFrame:
        rows: pd.DataFrame = self.estimates[self.estimates["partner"] == ""]
        return rows

    def table(self, output: Any = None, *, step: Any = None) -> pd.DataFrame:
        """Return one row a factor, three columns a measure, to be read or typeset.

        Parameters
        ----------
        output : object, optional
            Which output; needed where there are several.
        step : int, optional
            Which step of indices over time; the last of the output by default.

        Returns
        -------
        DataFrame
            Index ``factor`` (pairs as ``a × b``), columns ``S1``, ``S1_low``, ``S1_high``, ….
        """
        rows = self._at(self._of(output), step)
        pairs = rows["partner"] != ""
        index = rows["factor"].where(~pairs, rows["factor"] + " × " + rows["partner"])
        order = list(dict.fromkeys(index))
        columns = {}
        for measure in dict.fromkeys(rows["measure"]):
            here = rows[rows["measure"] == measure].set_index(index[rows["measure"] == measure])
            columns[measure] = here["estimate"]
            columns[f"{measure}_low"] = here["low"]
            columns[f"{measure}_high"] = here["high"]
        return pd.DataFrame(columns).reindex(order).rename_axis("factor")

    def plot(self, ax: Any = None, *, output: Any = None) -> Any:
        """Draw the estimates with their intervals, as fits the method; over time, a line a factor.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        output : object, optional
            Which output; needed where there are several.

        Returns
        -------
        matplotlib Axes
        """
        everything = self._of(output)
        name = everything["output"].iloc[0]
        rows = everything[everything["partner"] == ""]
        measures = set(rows["measure"])
        chosen = rows[rows["measure"].isin(self.plotted)] if self.plotted else rows
        title = naming.plain(f"{method_name(self.method)}: {name}")
        if self.steps:
            drawn = plots.over_time(chosen, ax=ax, measure=chosen["measure"].iloc[-1])
        elif {"mu_star", "sigma"} <= measures:
            floor, of_sigma = (
                self.settings.get(f"noise_floor{of}", {}).get(name) for of in ("", "_of_sigma")
            )
            drawn = plots.plane(rows, ax=ax, noise_floor=floor, sigma_floor=of_sigma)
        elif {"least", "greatest"} <= measures:
            ends = rows[rows["measure"].isin(("least", "greatest"))]
            curves, base = self.settings["curves"][name], self.settings["base"]
            drawn = plots.tornado(with_levels(ends, curves, base), ax=ax)
        elif self.plotted in (("effect",), ("share",)):
            # Pairs are terms like the factors, and may be what was found.
            terms = everything[everything["measure"] == self.plotted[0]]
            signed = self.plotted == ("effect",)
            drawn = plots.pareto(terms, ax=ax, xlabel=f"size of the {self.scale}" if signed else self.scale)
            if not signed and (legend := drawn.get_legend()) is not None:
                legend.remove()  # of signs, which shares have not
        else:
            return plots.bars(chosen, ax=ax, title=title, xlabel=self.scale)
        canvas.write_title(drawn, title)
        return drawn

    def plot_interactions(self, ax: Any = None, *, output: Any = None) -> Any:
        """Draw the estimates of pairs of factors as a heat map; over time, those of the last step.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        output : object, optional

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        AnalysisError
            If there are no estimates of pairs.
        """
        rows = self._at(self._of(output), None)
        pairs = rows[rows["partner"] != ""]
        if pairs.empty:
            factors = rows["factor"][~of_dummy(rows, self.settings)].unique()
            if len(factors) == 1:
                raise AnalysisError(
                    f"this {self.method} is of one factor, {factors[0]}, of which there are no pairs"
                )
            raise AnalysisError(
                f"this {self.method} has no estimates of pairs; sobol(…, second_order=True) makes a design "
                "for them, and effects and hdmr give them too"
            )
        measure = pairs["measure"].iloc[0]
        title = naming.plain(f"Pairs of factors, {rows['output'].iloc[0]}")
        return plots.heatmap(pairs[pairs["measure"] == measure], ax=ax, title=title, label=measure)

    def _at(self, rows: pd.DataFrame, step: Any) -> pd.DataFrame:
        if not self.steps:
            if step is not None:
                raise AnalysisError(
                    "these are no indices over time; leave out step=, or analyse with at='all'"
                )
            return rows
        # Of several outputs, one may have no value at steps that others have.
        own = _steps_of(rows)
        step = own[-1] if step is None else step
        if step not in own:
            raise AnalysisError(f"there is no step {step!r}; there are {own[0]!r} to {own[-1]!r}")
        here: pd.DataFrame = rows[rows["step"] == step]
        return here

    def _of(self, output: Any) -> pd.DataFrame:
        name = one_of("output", output, self.outputs)
        # Not ==, to which a tuple would be a column.
        rows: pd.DataFrame = self.estimates[self.estimates["output"].map(lambda one: one == name)]
        return rows

    def __repr__(self) -> str:
        parts = []
        for output in self.outputs[:_MOST_SHOWN]:
            wide = self.table(output)
            measures = [name for name in wide.columns if not name.endswith(("_low", "_high"))]
            text = pd.DataFrame(
                {name: [_cell(wide.loc[factor], name) for factor in wide.index] for name in measures},
                index=wide.index,
            )
            parts.append(f"{self.method}: {output!r}{self._last_step(output)}\n{_aligned(text)}")
        return "\n\n".join([*parts, *self._not_shown, *notes_of(self.warnings, self.notes)])

    def _repr_html_(self) -> str:
        shown = [
            (f"{self.method}: {output}{self._last_step(output)}", self.table(output).reset_index())
            for output in self.outputs[:_MOST_SHOWN]
        ]
        return as_html(shown, [*self._not_shown, *notes_of(self.warnings, self.notes)])

    def _last_step(self, output: Any) -> str:
        """Which step is shown, of estimates over time."""
        steps = _steps_of(self._of(output))
        return f" at step {steps[-1]}, the last of {len(steps)}" if steps else ""

    @property
    def _not_shown(self) -> list[str]:
        left = len(self.outputs) - _MOST_SHOWN
        return [f"… and {counted(left, 'more output')}: to_frame() has all"] if left > 0 else []


def _steps_of(rows: pd.DataFrame) -> list[Any]:
    return sorted(dict.fromkeys(rows["step"])) if "step" in rows.columns else []


def _cell(row: pd.Series[Any], measure: str) -> str:
    estimate, low, high = row[measure], row[f"{measure}_low"], row[f"{measure}_high"]
    if np.isnan(estimate):
        return "" if np.isnan(low) else "nan"
    if np.isnan(low):
        return f"{estimate:z.3f}"
    return f"{estimate:z.3f} [{low:z.3f}, {high:z.3f}]"


def _aligned(text: pd.DataFrame) -> str:
    rows = [
        ["factor", *text.columns],
        *([str(i), *row] for i, row in zip(text.index, text.to_numpy(), strict=True)),
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
