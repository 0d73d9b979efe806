"""Bridges to the tools of others: a model as a function, results as their tables, their tables as designs."""

from mesa_doe.bridges.behaviorspace import read_behaviorspace, to_behaviorspace
from mesa_doe.bridges.ema import from_ema, to_ema
from mesa_doe.bridges.executor import JoblibExecutor, WorkerDiedError
from mesa_doe.bridges.from_model import space_from_model
from mesa_doe.bridges.function import ModelFunction, as_function
from mesa_doe.bridges.scenarios import from_store, to_scenarios
from mesa_doe.results.exchange import to_xarray, to_xy

__all__ = [
    "JoblibExecutor",
    "ModelFunction",
    "WorkerDiedError",
    "as_function",
    "from_ema",
    "from_store",
    "read_behaviorspace",
    "space_from_model",
    "to_behaviorspace",
    "to_ema",
    "to_scenarios",
    "to_xarray",
    "to_xy",
]


def __dir__() -> list[str]:
    # Tab in a notebook offers what is for users, and none of the modules behind it.
    return __all__
