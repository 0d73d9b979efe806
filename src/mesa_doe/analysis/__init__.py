"""Analyses: functions ``name(design, y, *, resamples=1000, rng=0, **options) -> SensitivityResult``."""

from mesa_doe.analysis.declare import ANALYSES, AnalysisInfo, choose, table
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.sobol import sobol

__all__ = ["ANALYSES", "AnalysisInfo", "SensitivityResult", "choose", "sobol", "table"]
