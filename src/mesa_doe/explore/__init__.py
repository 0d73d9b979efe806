"""Exploring: a study as a live page, in a browser or in a notebook, through Solara."""

from mesa_doe.explore.notebook import explorer

__all__ = ["explorer"]
