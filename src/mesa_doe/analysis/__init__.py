"""Analyses: functions ``name(design, y, *, resamples=1000, rng=0, **options) -> SensitivityResult``."""

from mesa_doe.analysis.anova import anova
from mesa_doe.analysis.convergence import Convergence, converged, convergence
from mesa_doe.analysis.declare import ANALYSES, AnalysisInfo, choose, table
from mesa_doe.analysis.delta import delta
from mesa_doe.analysis.dgsm import dgsm
from mesa_doe.analysis.discrepancy import discrepancy
from mesa_doe.analysis.effects import effects
from mesa_doe.analysis.fast import fast
from mesa_doe.analysis.hdmr import enhanced_hdmr, hdmr
from mesa_doe.analysis.morris import morris
from mesa_doe.analysis.noise import VarianceSplit, split_variance
from mesa_doe.analysis.one_at_a_time import one_at_a_time
from mesa_doe.analysis.pawn import pawn
from mesa_doe.analysis.radial import jansen, radial_effects
from mesa_doe.analysis.rbd_fast import rbd_fast
from mesa_doe.analysis.regression import regression
from mesa_doe.analysis.replications import (
    Recommendation,
    by_cv,
    by_power,
    by_precision,
    recommend_replications,
)
from mesa_doe.analysis.response_surface import response_surface
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rsa import rsa
from mesa_doe.analysis.sampled import check_sampled
from mesa_doe.analysis.shapley import shapley
from mesa_doe.analysis.sobol import sobol
from mesa_doe.analysis.tabulation import Tabulation, tabulate
from mesa_doe.analysis.uncertainty import Uncertainty, uncertainty

__all__ = [
    "ANALYSES",
    "AnalysisInfo",
    "Convergence",
    "Recommendation",
    "SensitivityResult",
    "Tabulation",
    "Uncertainty",
    "VarianceSplit",
    "anova",
    "by_cv",
    "by_power",
    "by_precision",
    "check_sampled",
    "choose",
    "converged",
    "convergence",
    "delta",
    "dgsm",
    "discrepancy",
    "effects",
    "enhanced_hdmr",
    "fast",
    "hdmr",
    "jansen",
    "morris",
    "one_at_a_time",
    "pawn",
    "radial_effects",
    "rbd_fast",
    "recommend_replications",
    "regression",
    "response_surface",
    "rsa",
    "shapley",
    "sobol",
    "split_variance",
    "table",
    "tabulate",
    "uncertainty",
]


def __dir__() -> list[str]:
    # Tab in a notebook offers what is for users, and none of the modules behind it.
    return __all__
