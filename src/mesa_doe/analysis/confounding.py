"""Which terms of a linear model the points of a design cannot tell apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mesa_doe.arrays import Array, FloatArray

__all__ = ["NOTHING", "Term", "confounded", "estimable", "written"]

#: Of correlations: what is smaller is rounding.
NOTHING = 1e-9


@dataclass(frozen=True)
class Term:
    """A factor or a pair of factors, and its columns (points, width) of the model matrix."""

    factors: tuple[str, ...]
    columns: FloatArray

    @property
    def pair(self) -> tuple[str, str]:
        """The factor, and its partner or nothing."""
        return self.factors[0], self.factors[1] if len(self.factors) > 1 else ""


def written(factors: Sequence[str]) -> str:
    """Write a term as text.

    Examples
    --------
    >>> written(("a", "b"))
    'a × b'
    """
    return " × ".join(factors)


def confounded(terms: Sequence[Term]) -> list[list[int]]:
    """Return groups of terms (by number; the mean is -1) that depend on each other linearly."""
    matrix = np.hstack([np.ones((len(terms[0].columns), 1)), *(term.columns for term in terms)])
    size = np.sqrt((matrix**2).sum(axis=0))
    matrix = matrix / np.where(size > NOTHING, size, 1.0)
    owner = np.repeat(np.arange(len(terms) + 1), [1, *(term.columns.shape[1] for term in terms)])
    linked = np.zeros((len(terms) + 1, len(terms) + 1))
    for columns in _touching(matrix.T @ matrix):
        if len(columns) == 1 and size[columns[0]] > NOTHING:
            continue  # as in balanced designs most do, it depends on no other
        _, singular, rows = np.linalg.svd(matrix[:, columns], full_matrices=False)
        told = rows[singular**2 > NOTHING]
        # The projector on the null space, unlike its basis, is zero between terms that share nothing.
        null = np.eye(len(columns)) - told.T @ told
        np.maximum.at(linked, (owner[columns][:, None], owner[columns]), np.abs(null))
    linked[linked < 1e-6] = 0
    if not linked.any():
        return []
    return [(group - 1).tolist() for group in _touching(linked) if linked[group[0], group[0]] > 0]


def _touching(matrix: FloatArray) -> list[Array]:
    """Return the groups of rows of a symmetric matrix that are linked by what is not zero, in order."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    # Sparse, since it makes a dense one so by way of a masked one.
    count, label = connected_components(csr_array(np.abs(matrix) > NOTHING), directed=False)
    order = np.argsort(label, kind="stable")
    ends = itertools.pairwise([0, *np.cumsum(np.bincount(label, minlength=count)).tolist()])
    groups = [order[first:last] for first, last in ends]
    return sorted(groups, key=lambda group: int(group[0]))


def estimable(mains: list[Term], products: list[Term]) -> tuple[list[Term], dict[str, list[str]], list[str]]:
    """Sort interactions into those that can be told, those that stand for others too, and the rest.

    Parameters
    ----------
    mains, products : list of Term

    Returns
    -------
    kept : list of Term
    aliases : dict of str to list of str
        The term that stands for a sum, and the others of it.
    left_out : list of str
    """
    if not products:
        return [], {}, []
    aliases: dict[str, list[str]] = {}
    aliased, mixed = set[int](), set[int]()
    for group in confounded([*mains, *products]):
        pairs = [products[k - len(mains)] for k in group] if min(group) >= len(mains) else []
        if others := _others_of_sum(pairs):
            aliases[written(pairs[0].factors)] = others
            aliased.update(group[1:])
        else:
            mixed.update(group)
    numbered = list(enumerate(products, len(mains)))
    kept = [term for k, term in numbered if k not in aliased | mixed]
    return kept, aliases, [written(term.factors) for k, term in numbered if k in mixed]


def _others_of_sum(terms: list[Term]) -> list[str]:
    """Write the terms of which the first stands for the sum; none where it does not."""
    # It does where the columns of all are one, up to a sign; this can be for two levels alone.
    if any(term.columns.shape[1] > 1 for term in terms):
        return []
    signs = [float(terms[0].columns[:, 0] @ other.columns[:, 0]) / len(other.columns) for other in terms[1:]]
    if any(abs(abs(sign) - 1) >= 1e-6 for sign in signs):
        return []
    others = zip(signs, terms[1:], strict=True)
    return [("-" if sign < 0 else "") + written(other.factors) for sign, other in others]
