"""Designs: the checked points of an experiment, in their order, and what can be done with them."""

from mesa_doe.design.costing import Cost
from mesa_doe.design.describing import Description
from mesa_doe.design.design import Design
from mesa_doe.design.gate import SEED_FACTOR, Extension, frozen

__all__ = ["SEED_FACTOR", "Cost", "Description", "Design", "Extension", "frozen"]
