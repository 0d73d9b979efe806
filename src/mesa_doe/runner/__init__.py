"""Running: chunks of configurations through joblib, and the probe of a model's factors."""

from mesa_doe.runner.batch_runner import BatchRunner
from mesa_doe.runner.probe import check_factors

__all__ = ["BatchRunner", "check_factors"]
