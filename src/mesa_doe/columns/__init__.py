"""Typed columns: what runs report, and tables of many runs that join without loss."""

from mesa_doe.columns.levels import levels_of
from mesa_doe.columns.names import free_names
from mesa_doe.columns.table import Table, Tables
from mesa_doe.columns.units import Crossed, Units, units_of
from mesa_doe.columns.values import Values, as_column, as_values, is_plain, written

__all__ = [
    "Crossed",
    "Table",
    "Tables",
    "Units",
    "Values",
    "as_column",
    "as_values",
    "free_names",
    "is_plain",
    "levels_of",
    "units_of",
    "written",
]
