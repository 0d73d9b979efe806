"""Samplers: functions ``name(space, n_or_levels, *, rng=None, **options) -> Design``, a module a library."""

from mesa_doe.samplers.basic import explicit
from mesa_doe.samplers.declare import SAMPLERS, SamplerInfo, table
from mesa_doe.samplers.pydoe import full_factorial
from mesa_doe.samplers.qmc import latin_hypercube
from mesa_doe.samplers.salib import sobol

__all__ = [
    "SAMPLERS",
    "SamplerInfo",
    "explicit",
    "full_factorial",
    "latin_hypercube",
    "sobol",
    "table",
]
