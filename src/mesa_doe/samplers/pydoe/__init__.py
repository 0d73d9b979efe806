"""Designs of pyDOE3, or of its successor pydoe where that is installed; a module a kind."""

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

__all__ = [
    "a_optimal",
    "box_behnken",
    "central_composite",
    "d_optimal",
    "definitive_screening",
    "fractional_factorial",
    "full_factorial",
    "generalized_subset",
    "i_optimal",
    "iman_conover_lhs",
    "korobov",
    "latin_hypercube_pydoe",
    "maximin",
    "maxpro",
    "minimax",
    "nearly_orthogonal_lhs",
    "orthogonal_array",
    "orthogonal_array_lhs",
    "plackett_burman",
    "random_k_means",
    "rank1_lattice",
    "two_level_factorial",
]
