"""Running: chunks of configurations through joblib or an executor, into memory or a study folder."""

from mesa_doe.runner.assembling import load
from mesa_doe.runner.batch_runner import BatchRunner
from mesa_doe.runner.probe import check_factors, check_reproducible
from mesa_doe.runner.progress import Progress
from mesa_doe.runner.until import Until, run_until

__all__ = ["BatchRunner", "Progress", "Until", "check_factors", "check_reproducible", "load", "run_until"]
