"""Terms of a surface: coded factors, the model matrix, and which models the points of a design can tell."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.confounding import Term, confounded
from mesa_doe.analysis.estimates import Label
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.space import Boolean, Categorical, Real

__all__ = ["Scale", "other_models", "problem_of", "scales_of", "terms_of"]


@dataclass(frozen=True)
class Scale:
    """How a factor's values are coded from -1 to 1."""

    name: str
    codes: FloatArray
    middle: float
    half: float
    log: bool
    curved: bool

    def native(self, code: float) -> float:
        """Return the value that has this code."""
        value = self.middle + self.half * code
        return float(np.exp(value) if self.log else value)


def scales_of(design: Design, points: Any) -> list[Scale]:
    """Return how each factor is coded, over the points that take part."""
    scales = []
    for name, axis in design.space.axes.items():
        native = design.points[name].to_numpy()[points]
        log = isinstance(axis, Real) and axis.log
        # Names of two levels have places alone.
        named = isinstance(axis, (Boolean, Categorical))
        values = axis.to_unit(native) if named else native.astype(np.float64)
        values = np.log(values) if log else values
        low, high = float(values.min()), float(values.max())
        # A factor that does not vary has the code 0, and is told by the rank.
        middle, half = low / 2 + high / 2, (high / 2 - low / 2) or 1.0
        curved = axis.n_levels is None or axis.n_levels > 2
        scales.append(Scale(name, (values - middle) / half, middle, half, log, curved))
    return scales


def terms_of(
    scales: list[Scale], codes: FloatArray, order: int, interactions: bool
) -> tuple[list[Label], FloatArray]:
    """Return the terms but for the intercept, and the model matrix with it."""
    labels: list[Label] = [("linear", scale.name, "") for scale in scales]
    columns = [np.ones(len(codes)), *codes.T]
    for k, scale in enumerate(scales if order == 2 else []):
        if scale.curved:
            labels.append(("quadratic", scale.name, ""))
            columns.append(codes[:, k] ** 2)
    for i, j in itertools.combinations(range(len(scales)), 2) if interactions else ():
        labels.append(("interaction", scales[i].name, scales[j].name))
        columns.append(codes[:, i] * codes[:, j])
    return labels, np.stack(columns, axis=1)


def problem_of(labels: list[Label], matrix: FloatArray) -> str | None:
    """Say why the points cannot tell the terms, if so it is."""
    points, columns = matrix.shape
    if points < columns:
        return f"{columns} coefficients need as many points, got {points}"
    names = [
        {"linear": factor, "quadratic": f"{factor}²"}.get(measure, f"{factor} × {partner}")
        for measure, factor, partner in labels
    ]
    terms = [Term((name,), matrix[:, [k]]) for k, name in enumerate(names, 1)]
    if groups := confounded(terms):
        alike = "; ".join(
            ", ".join("the mean" if k < 0 else names[k] for k in sorted(group)) for group in groups
        )
        return f"these points do not tell apart {alike}"
    return None


def other_models(
    scales: list[Scale], codes: FloatArray, order: int, interactions: bool, *, larger: bool = False
) -> list[str]:
    """Write the options of other models that the points can tell, leaving out parts of one another.

    Parameters
    ----------
    scales : list of Scale
    codes : ndarray (points, factors)
    order, interactions
        Of the model that is not wanted.
    larger : bool, default False
        Whether to look for models of more terms than that, or of fewer.

    Returns
    -------
    list of str
    """
    own = terms_of(scales, codes, order, interactions)[1].shape[1]
    able = []
    for degree, both in itertools.product((1, 2), (False, True)):
        labels, matrix = terms_of(scales, codes, degree, both)
        more = matrix.shape[1] - own
        if (more > 0 if larger else more < 0) and not problem_of(labels, matrix):
            able.append((degree, both))
    largest = [(d, b) for d, b in able if not {(d, True), (2, b)} & set(able) - {(d, b)}]
    return [_options(degree, both, order, interactions) for degree, both in largest]


def _options(degree: int, both: bool, order: int, interactions: bool) -> str:
    """Write how a model is asked for, where another was."""
    if degree == order:
        return f"interactions={both}"
    by_default = degree == 1 and not both and not interactions
    return f"order={degree}" if by_default else f"order={degree} with interactions={both}"
