"""What tests of samplers share: spaces, and what samples of them are."""

import itertools

import numpy as np

from mesa_doe.seeding import root_entropy
from mesa_doe.space import Integer, ParameterSpace, Real


def cube(d):
    """A unit cube."""
    return ParameterSpace({f"x{k}": Real(0, 1) for k in range(d)})


def coded(d):
    """A space whose values are the codes -1 to 1 of a design."""
    return ParameterSpace({f"x{k}": Real(-1, 1) for k in range(1, d + 1)})


def codes_of(design):
    return design.points.to_numpy(dtype=float)


def quadratic(codes):
    d = codes.shape[1]
    pairs = itertools.combinations_with_replacement(range(d), 2)
    return np.column_stack([np.ones(len(codes)), codes, *(codes[:, i] * codes[:, j] for i, j in pairs)])


def generator(seed):
    return np.random.default_rng(root_entropy(seed))


def is_latin(unit):
    n = len(unit)
    return (np.sort(np.floor(unit * n), axis=0) == np.arange(n)[:, None]).all()


def largest_correlation(unit):
    return np.abs(np.corrcoef(unit.T)[np.triu_indices(unit.shape[1], 1)]).max()


def integers(*counts):
    return ParameterSpace({f"x{k}": Integer(0, count - 1) for k, count in enumerate(counts)})
