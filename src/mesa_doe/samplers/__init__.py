"""Samplers: functions ``name(space, n_or_levels, *, rng=None, **options) -> Design``, a module a library."""

from mesa_doe.samplers.algebra import concat, cross
from mesa_doe.samplers.base_case import base_case
from mesa_doe.samplers.declare import LONGER, SAMPLERS, SamplerInfo, table
from mesa_doe.samplers.doehlert import doehlert
from mesa_doe.samplers.explicit import explicit
from mesa_doe.samplers.folded import folded_hadamard
from mesa_doe.samplers.fourier import fast, rbd_fast
from mesa_doe.samplers.from_salib import from_salib
from mesa_doe.samplers.grids import grid, sparse_grid, sukharev_grid
from mesa_doe.samplers.latin import latin_hypercube
from mesa_doe.samplers.layered_lhs import nested_lhs, sliced_lhs
from mesa_doe.samplers.loading import load_design
from mesa_doe.samplers.poisson import poisson_disk
from mesa_doe.samplers.pydoe.factorial import full_factorial, two_level_factorial
from mesa_doe.samplers.pydoe.fractional import fractional_factorial
from mesa_doe.samplers.pydoe.lattices import korobov, rank1_lattice
from mesa_doe.samplers.pydoe.lhs import iman_conover_lhs, latin_hypercube_pydoe
from mesa_doe.samplers.pydoe.optimal import a_optimal, d_optimal, i_optimal
from mesa_doe.samplers.pydoe.orthogonal import orthogonal_array, orthogonal_array_lhs
from mesa_doe.samplers.pydoe.response_surface import box_behnken, central_composite
from mesa_doe.samplers.pydoe.screening import definitive_screening, plackett_burman
from mesa_doe.samplers.pydoe.space_filling import (
    maximin,
    maxpro,
    minimax,
    nearly_orthogonal_lhs,
    random_k_means,
)
from mesa_doe.samplers.pydoe.subset import generalized_subset
from mesa_doe.samplers.qmc import halton, monte_carlo, sobol_sequence
from mesa_doe.samplers.saltelli import sobol
from mesa_doe.samplers.stars import finite_difference, radial
from mesa_doe.samplers.trajectories import morris, shapley

__all__ = [
    "LONGER",
    "SAMPLERS",
    "SamplerInfo",
    "a_optimal",
    "base_case",
    "box_behnken",
    "central_composite",
    "concat",
    "cross",
    "d_optimal",
    "definitive_screening",
    "doehlert",
    "explicit",
    "fast",
    "finite_difference",
    "folded_hadamard",
    "fractional_factorial",
    "from_salib",
    "full_factorial",
    "generalized_subset",
    "grid",
    "halton",
    "i_optimal",
    "iman_conover_lhs",
    "korobov",
    "latin_hypercube",
    "latin_hypercube_pydoe",
    "load_design",
    "maximin",
    "maxpro",
    "minimax",
    "monte_carlo",
    "morris",
    "nearly_orthogonal_lhs",
    "nested_lhs",
    "orthogonal_array",
    "orthogonal_array_lhs",
    "plackett_burman",
    "poisson_disk",
    "radial",
    "random_k_means",
    "rank1_lattice",
    "rbd_fast",
    "shapley",
    "sliced_lhs",
    "sobol",
    "sobol_sequence",
    "sparse_grid",
    "sukharev_grid",
    "table",
    "two_level_factorial",
]


def __dir__() -> list[str]:
    # Tab in a notebook offers what is for users, and none of the modules behind it.
    return __all__
