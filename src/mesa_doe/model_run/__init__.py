"""The only room that knows Mesa: check the names, build, step, and read into columns."""

from mesa_doe.model_run.budget import check_timeout
from mesa_doe.model_run.execute import execute, execute_many
from mesa_doe.model_run.recipe import Recipe, check_names, recipe_of
from mesa_doe.model_run.record import Run
from mesa_doe.model_run.recorders import read_frames
from mesa_doe.model_run.rows import told_together
from mesa_doe.model_run.run import check_model, run
from mesa_doe.model_run.wanted import Wanted

__all__ = [
    "Recipe",
    "Run",
    "Wanted",
    "check_model",
    "check_names",
    "check_timeout",
    "execute",
    "execute_many",
    "read_frames",
    "recipe_of",
    "run",
    "told_together",
]
