"""Figures of designs, responses, time series and sensitivity indices, drawn from plain frames and arrays.

Every function draws on the Axes it is given, or on a new figure, and returns the Axes; none calls
``show()``, changes ``rcParams`` or the caller's data. Matplotlib is imported when a function is called.
"""

from __future__ import annotations

from mesa_doe.plots.coordinates import parallel
from mesa_doe.plots.dependence import cusunoro, partial_dependence
from mesa_doe.plots.effect_sizes import pareto
from mesa_doe.plots.factorial import interaction, main_effects
from mesa_doe.plots.failure_map import failures
from mesa_doe.plots.fans import fan, noise_fan
from mesa_doe.plots.growth import convergence
from mesa_doe.plots.indices import bars, heatmap
from mesa_doe.plots.morris import plane
from mesa_doe.plots.one_at_a_time import spider, tornado
from mesa_doe.plots.responses import scatter
from mesa_doe.plots.running_means import replications
from mesa_doe.plots.time_courses import over_time

__all__ = [
    "bars",
    "convergence",
    "cusunoro",
    "failures",
    "fan",
    "heatmap",
    "interaction",
    "main_effects",
    "noise_fan",
    "over_time",
    "parallel",
    "pareto",
    "partial_dependence",
    "plane",
    "replications",
    "scatter",
    "spider",
    "tornado",
]


def __dir__() -> list[str]:
    # Tab in a notebook offers what is for users, and none of the modules behind it.
    return __all__
