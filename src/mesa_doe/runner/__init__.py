"""Running: chunks of configurations through joblib or an executor, into memory or a study folder."""

from mesa_doe.runner.assembling import load
from mesa_doe.runner.batch_runner import BatchRunner
from mesa_doe.runner.probe import check_factors, check_reproducible
from mesa_doe.runner.progress import Progress

__all__ = ["BatchRunner", "Progress", "check_factors", "check_reproducible", "load"]
