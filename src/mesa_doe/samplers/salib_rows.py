"""Whether rows are those that a sampler of SALib makes, and what they tell of how it was called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_bool, check_count

__all__ = ["READERS", "Rows", "columns_of_factorial"]

# Of unit values that went to native ones and back.
_ROUNDING = 1e-6
# Laws whose bounds are no bounds.
_UNBOUNDED = ("lognorm", "norm", "weibull")


@dataclass(frozen=True)
class Read:
    """What the rows of a sample tell.

    Parameters
    ----------
    n : int or None
        As the sampler calls it; None where it takes none.
    options : dict
        The sampler's others.
    unit : ndarray (points, factors)
    step : int, optional
        Rows of a block.
    """

    n: int | None
    options: dict[str, Any]
    unit: FloatArray
    step: int | None = None


@dataclass(frozen=True)
class Rows:
    """A sample as SALib made it.

    Parameters
    ----------
    values, unit : ndarray (points, factors)
    factors : tuple of str
    moved : dict of str to list of int
        Columns that move together, by the name of their group or factor.
    dists : tuple of str
    bounds : tuple of tuple of float
    """

    values: FloatArray
    unit: FloatArray
    factors: tuple[str, ...]
    moved: dict[str, list[int]]
    dists: tuple[str, ...]
    bounds: tuple[tuple[float, ...], ...]

    def blocks(self, step: int, method: str, formula: str) -> FloatArray:
        """Return the values as (blocks, rows of a block, factors), or refuse their number."""
        if len(self.values) % step:
            what = "groups" if len(self.moved) < len(self.factors) else "factors"
            raise DesignError(
                f"from_salib: a {method} sample has {formula} rows, so of {len(self.moved)} {what} a "
                f"multiple of {step}, got {len(self.values)}; give all rows, in SALib's order"
            )
        return self.values.reshape(-1, step, self.values.shape[1])


def _read_factorial(rows: Rows) -> Read:
    """Take a Hadamard matrix and its mirror image."""
    from scipy.linalg import hadamard

    d = len(rows.factors)
    half = hadamard(columns_of_factorial(d))[:, :d]
    unit = np.concatenate([half, -half]) / 2 + 0.5
    if rows.unit.shape != unit.shape:
        raise DesignError(
            f"from_salib: of {d} factors SALib's ff makes {len(unit)} rows, got {len(rows.unit)}; give all "
            "rows, and the problem as it is after ff.sample, with its dummies, or as it was before"
        )
    wrong = np.abs(rows.unit - unit) > _ROUNDING
    if wrong.any():
        row, j = map(int, np.argwhere(wrong)[0])
        raise DesignError(
            f"from_salib: row {row} of a sample of SALib's ff has {rows.factors[j]!r} at its "
            f"{'high' if unit[row, j] else 'low'} end, got {float(rows.values[row, j])!r}; give all rows in "
            "SALib's order"
        )
    return Read(None, {"levels": dict.fromkeys(rows.factors, 2), "quantiles": (0.0, 1.0)}, unit)


def columns_of_factorial(count: int) -> int:
    """Return how many columns SALib's ff makes of so many factors: a power of two.

    Examples
    --------
    >>> columns_of_factorial(5)
    8
    """
    return 1 << (count - 1).bit_length()


def _read_any(rows: Rows) -> Read:
    """Take points as they are."""
    return Read(len(rows.values), {}, rows.unit)


def _read_rbd_fast(rows: Rows) -> Read:
    """Take points as they are; whether they are stratified does not matter."""
    return Read(len(rows.values), {"kind": None}, rows.unit)


def _read_lhs(rows: Rows) -> Read:
    """Take points of which each stratum of each factor has one."""
    n = len(rows.unit)
    places, ordered = np.arange(n)[:, None] / n, np.sort(rows.unit, axis=0)
    wrong = (ordered < places - _ROUNDING / n) | (ordered > places + (1 + _ROUNDING) / n)
    if wrong.any():
        name = rows.factors[int(np.argwhere(wrong.T)[0, 0])]
        raise DesignError(
            f"from_salib: the rows are no Latin hypercube, since the {n} strata of {name!r} do not have one "
            "point each; if points were left out or added, use method='explicit'"
        )
    return Read(n, {}, rows.unit)


def _read_sobol(rows: Rows, *, second_order: bool | None = None) -> Read:
    """Take Saltelli blocks; whether they have second order is told by the rows."""
    d = len(rows.moved)
    tried = []
    if second_order is not None:
        second_order = check_bool(second_order, "from_salib", "second_order")
    for second in (True, False) if second_order is None else (second_order,):
        step = d * (2 if second else 1) + 2
        if len(rows.values) % step == 0 or second_order is not None:
            blocks = rows.blocks(step, "sobol", "n(2d + 2)" if second else "n(d + 2)")
            wrong = (blocks != _saltelli(blocks, rows.moved, second)).any(axis=2)
            if not wrong.any():
                options = {"second_order": second, "seed_factor": False, "scramble": None}
                return Read(len(blocks), options, rows.unit, step)
            tried.append(f"with second_order={second} row {int(np.argmax(wrong))}")
    if not tried:
        rows.blocks(d + 2, "sobol", f"n(d + 2), or with second order (multiples of {2 * d + 2}) n(2d + 2),")
    raise DesignError(
        "from_salib: the rows are no Saltelli sample, in which A and B exchange one column at a time: wrong "
        f"is {', and '.join(tried)}; give all rows in SALib's order, and the groups that they were made with"
    )


def _saltelli(blocks: FloatArray, moved: dict[str, list[int]], second: bool) -> FloatArray:
    """Return blocks as they should be, given their first and last row."""
    a, b = blocks[:, :1], blocks[:, -1:]
    from_b = np.zeros((blocks.shape[1], blocks.shape[2]), dtype=bool)
    from_b[-1] = True
    for k, columns in enumerate(moved.values()):
        from_b[1 + k, columns] = True
        if second:
            from_b[1 + len(moved) + k] = True
            from_b[1 + len(moved) + k, columns] = False
    return np.where(from_b, b, a)


def _read_morris(rows: Rows, *, levels: int | None = None) -> Read:
    """Take trajectories on a grid; its levels are told by the length of a step."""
    step = len(rows.moved) + 1
    _check_trajectories(rows, rows.blocks(step, "morris", "n(d + 1)"), "morris")
    lengths = np.abs(np.diff(rows.unit.reshape(-1, step, len(rows.factors)), axis=1))
    length = float(lengths.max())
    found = round(2 * length / (2 * length - 1)) if length > 0.5 + _ROUNDING else 0
    uneven = ~np.isclose(lengths, 0, atol=_ROUNDING) & ~np.isclose(lengths, length, atol=_ROUNDING)
    off = found < 2 or np.abs(length - found / (2 * (found - 1))) > _ROUNDING or uneven.any()
    if found % 2 and not off:  # such steps leave the grid
        raise DesignError(
            f"from_salib: the steps are those of {found} levels; of an odd number some are reached more "
            "often, which biases the effects. Make the sample with an even num_levels"
        )
    grid = np.rint(rows.unit * (found - 1)) / (found - 1) if found > 1 else rows.unit
    if off or np.abs(grid - rows.unit).max() > _ROUNDING:
        raise DesignError(
            "from_salib: the rows are no Morris sample, whose steps are all levels / (2 (levels - 1)) of a "
            f"factor's range, on a grid: these are up to {length:.6g}"
        )
    if levels not in (None, found):
        raise DesignError(f"from_salib: the rows lie on levels={found}, got levels={levels!r}")
    options = {"levels": found, "optimal": None, "local": True}
    return Read(len(rows.unit) // step, options, grid, step)


def _read_shapley(rows: Rows) -> Read:
    """Take trajectories between two random points."""
    step = len(rows.moved) + 1
    blocks = rows.blocks(step, "shapley", "n(d + 1)")
    _check_trajectories(rows, blocks, "shapley")
    return Read(len(blocks), {}, rows.unit, step)


def _check_trajectories(rows: Rows, blocks: FloatArray, method: str) -> None:
    homes = np.zeros((len(rows.factors), len(rows.moved)))
    for k, columns in enumerate(rows.moved.values()):
        homes[columns, k] = 1
    changed = (np.diff(blocks, axis=1) != 0) @ homes
    # All of one group, and nothing else; and each group once.
    moves = (changed == homes.sum(axis=0)) & (changed.sum(axis=2, keepdims=True) == homes.sum(axis=0))
    wrong = (moves.sum(axis=2) != 1) | (np.cumsum(moves, axis=1) * moves > 1).any(axis=2)
    if wrong.any():
        block, row = map(int, np.argwhere(wrong)[0])
        what = "group" if len(rows.moved) < len(rows.factors) else "factor"
        raise DesignError(
            f"from_salib: the rows are no {method} sample, in which each row moves one {what}, and each "
            f"{what} moves once: wrong is row {block * blocks.shape[1] + row + 1}; give all rows in SALib's "
            "order, and the groups that they were made with"
        )


def _read_curves(rows: Rows, *, M: int = 4) -> Read:
    """Take FAST's search curves, along each of which its factor swings as often as M says."""
    M, d = check_count(M, "fast", "M", 1), len(rows.factors)
    n = len(rows.blocks(d, "fast", "n·d"))
    if n <= 4 * M**2:
        raise DesignError(
            f"from_salib: a fast sample has more than 4M² = {4 * M**2} rows a factor (M={M}), got {n}"
        )
    own = (n - 1) // (2 * M)
    for j, name in enumerate(rows.factors):
        swings = int(np.abs(np.fft.rfft(rows.unit[j * n : (j + 1) * n, j]))[1:].argmax()) + 1
        if swings != own:
            raise DesignError(
                f"from_salib: on the curve of {name!r} it swings {swings} times, but with M={M} it would "
                f"{own} times; give the M of the sampler, and all rows in SALib's order"
            )
    return Read(n, {"M": M}, rows.unit)


def _read_differences(rows: Rows) -> Read:
    """Take short steps from base points.

    Raises
    ------
    DesignError
        Also where SALib has put the perturbed value of a law to one of its parameters.
    """
    stars = _stars(rows, "finite_difference")
    for j, (name, dist, bounds) in enumerate(zip(rows.factors, rows.dists, rows.bounds, strict=True)):
        clipped = dist in _UNBOUNDED and np.isin(stars[:, 1 + j, j], bounds)
        if np.any(clipped):
            raise DesignError(
                f"from_salib: SALib's finite_diff has cut the steps of {name!r} at the parameters {bounds} "
                f"of its law {dist!r}, as if they were bounds; make the design with finite_difference"
            )
    unit = rows.unit.reshape(stars.shape)
    lengths = np.abs(np.einsum("njj->nj", unit[:, 1:] - unit[:, :1]))
    same = np.ptp(lengths) <= _ROUNDING * lengths.max()
    return Read(
        len(stars), {"delta": round(float(lengths.mean()), 9) if same else None}, rows.unit, stars.shape[1]
    )


def _read_radial(rows: Rows) -> Read:
    """Take long steps from base points; some of SALib's have no length, which analyses know of.

    Raises
    ------
    DesignError
        Also where SALib has not applied a law.
    """
    laws = [name for name, dist in zip(rows.factors, rows.dists, strict=True) if dist != "unif"]
    if laws:
        raise DesignError(
            f"from_salib: SALib's radial samplers do not apply 'dists', so the values of {', '.join(laws)} "
            "are not those of their laws; make the design with radial"
        )
    stars = _stars(rows, "radial")
    return Read(len(stars), {"kind": None}, rows.unit, stars.shape[1])


def _stars(rows: Rows, method: str) -> FloatArray:
    stars = rows.blocks(len(rows.factors) + 1, method, "n(d + 1)")
    changed = stars[:, 1:] != stars[:, :1]
    own = np.eye(len(rows.factors), dtype=bool)
    wrong = (changed & ~own if method == "radial" else changed != own).any(axis=2)
    if wrong.any():
        block, j = map(int, np.argwhere(wrong)[0])
        still = not changed[block, j].any()
        why = "it is the same, a step of length zero" if still else "others differ"
        raise DesignError(
            f"from_salib: row {block * stars.shape[1] + 1 + j} of a {method} sample is its base point "
            f"(row {block * stars.shape[1]}) with another {rows.factors[j]!r}, but {why}; "
            + (f"make the design with {method}" if still else "give all rows in SALib's order")
        )
    return stars


#: What reads the rows of a sampler, by its name here; the sampler's options are arguments of it.
READERS: dict[str, Callable[..., Read]] = {
    "explicit": _read_any,
    "fast": _read_curves,
    "finite_difference": _read_differences,
    "folded_hadamard": _read_factorial,
    "latin_hypercube": _read_lhs,
    "monte_carlo": _read_any,
    "morris": _read_morris,
    "radial": _read_radial,
    "rbd_fast": _read_rbd_fast,
    "shapley": _read_shapley,
    "sobol": _read_sobol,
}
