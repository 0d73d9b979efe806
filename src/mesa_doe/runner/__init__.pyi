from .assembling import load
from .batch_runner import BatchRunner
from .probe import check_factors, check_reproducible
from .progress import Progress
from .until import Until, run_until

__all__ = ["BatchRunner", "Progress", "Until", "check_factors", "check_reproducible", "load", "run_until"]
