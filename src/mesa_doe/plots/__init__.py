"""Figures of indices, responses and time series, drawn from plain frames and arrays.

Every function draws on the Axes it is given, or on a new figure, and returns the Axes; none calls
``show()``, changes ``rcParams`` or the caller's data. Matplotlib is imported when a function is called.
"""

from __future__ import annotations

from mesa_doe.plots.indices import bars, heatmap
from mesa_doe.plots.responses import scatter
from mesa_doe.plots.series import fan

__all__ = ["bars", "fan", "heatmap", "scatter"]
