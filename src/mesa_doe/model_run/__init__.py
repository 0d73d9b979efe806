"""The only room that knows Mesa: check the names, build, step, and read into columns."""

from mesa_doe.model_run.recipe import Recipe, check_names, recipe_of
from mesa_doe.model_run.run import Run, check_model, execute, run

__all__ = ["Recipe", "Run", "check_model", "check_names", "execute", "recipe_of", "run"]
