"""Designs of experiments for Mesa agent-based models: from a parameter space to sensitivity indices.

The flow is ``ParameterSpace`` → a sampler → ``Design`` → ``design.configurations(...)`` →
``BatchRunner(...).run_all()`` → ``Results`` → ``results.sensitivity(...)``.
"""

from mesa_doe import analysis as analyze
from mesa_doe.analysis import SensitivityResult
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.errors import (
    AnalysisError,
    ConfigurationError,
    DesignError,
    MesaDoeError,
    MesaDoeWarning,
    MissingDependencyError,
    SpaceError,
    StudyError,
)
from mesa_doe.model_run import Run, run
from mesa_doe.results import Results
from mesa_doe.runner import BatchRunner, check_factors
from mesa_doe.samplers import explicit, full_factorial, latin_hypercube, sobol
from mesa_doe.space import (
    Boolean,
    Categorical,
    Constant,
    Discrete,
    Integer,
    Law,
    ParameterSpace,
    Real,
)

__version__ = "0.1.0"

__all__ = [
    "AnalysisError",
    "BatchRunner",
    "Boolean",
    "Categorical",
    "ConfigurationError",
    "Configurations",
    "Constant",
    "Design",
    "DesignError",
    "Discrete",
    "Integer",
    "Law",
    "MesaDoeError",
    "MesaDoeWarning",
    "MissingDependencyError",
    "ParameterSpace",
    "Real",
    "Results",
    "Run",
    "RunConfiguration",
    "SensitivityResult",
    "SpaceError",
    "StudyError",
    "analyze",
    "check_factors",
    "explicit",
    "full_factorial",
    "latin_hypercube",
    "run",
    "sobol",
]
