"""Numbers that no axis can hold: drawn in units of a power of ten, which a label tells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

# Beyond, squares leave the floats; and below 1e-287 an axis of matplotlib is one at zero.
_MOST = 100
# The powers of ten that are floats of full precision.
_FARTHEST = 300


class Unit(NamedTuple):
    """The unit in which an output is drawn.

    Parameters
    ----------
    power : int
        Of ten; 0 for all outputs but the largest and the smallest.
    """

    power: int

    def of(self, values: Any) -> Any:
        """Return numbers in this unit.

        Parameters
        ----------
        values : float, ndarray, DataFrame or None
            None, an option that was not given, stays None.

        Returns
        -------
        as `values`
        """
        return values if values is None or not self.power else values / 10.0**self.power

    def label(self, text: str | None) -> str | None:
        """Return the label of an axis, with the unit.

        Examples
        --------
        >>> Unit(300).label("wealth"), Unit(-300).label(None), Unit(0).label("wealth")
        ('wealth (in units of 1e300)', 'in units of 1e-300', 'wealth')
        """
        if not self.power:
            return text
        told = f"in units of 1e{self.power}"
        return f"{text} ({told})" if text else told


def unit_of(*numbers: npt.ArrayLike) -> Unit:
    """Return the unit in which numbers are drawn together: that of the largest that is finite.

    Examples
    --------
    >>> unit_of([2e300, 1.0]), unit_of([0.0, 3e-200]), unit_of([1e9, np.inf])
    (Unit(power=300), Unit(power=-200), Unit(power=0))
    """
    every = np.concatenate([np.ravel(np.asarray(part, dtype=np.float64)) for part in numbers])
    largest = np.abs(every[np.isfinite(every)]).max(initial=0.0)
    if not largest:
        return Unit(0)
    power = int(np.floor(np.log10(largest)))
    return Unit(0 if abs(power) <= _MOST else int(np.clip(power, -_FARTHEST, _FARTHEST)))


def in_unit(frame: pd.DataFrame, *columns: str) -> tuple[pd.DataFrame, Unit]:
    """Return a frame with columns of one output in the unit in which they are drawn, and that unit.

    Returns
    -------
    frame : pandas.DataFrame
    unit : Unit

    Examples
    --------
    >>> frame, unit = in_unit(pd.DataFrame({"step": [0], "value": [2e300]}), "value")
    >>> frame["value"].round(9).tolist(), unit.power
    ([2.0], 300)
    """
    names = list(columns)
    unit = unit_of(frame[names].to_numpy())
    return (frame.assign(**{name: unit.of(frame[name]) for name in names}) if unit.power else frame), unit
