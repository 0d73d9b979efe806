"""Designs from files, joined again with the sampler that makes them longer."""

from __future__ import annotations

import os
from pathlib import Path

from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import LONGER

__all__ = ["load_design"]


def load_design(path: str | os.PathLike[str]) -> Design:
    """Read a design that ``design.to_csv`` or ``design.to_parquet`` saved.

    Parameters
    ----------
    path : str or path
        Told apart by what is in the file. A CSV file has its side file beside it.

    Returns
    -------
    Design
        The one that was saved, which can be extended as before. (``Design.from_csv`` reads the same, but
        knows no sampler that would make it longer.)

    Raises
    ------
    DesignError
        If a file is missing or damaged, or the points were changed since: the first difference is named.
    MissingDependencyError
        For a Parquet file, if pyarrow is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mesa_doe.samplers import halton
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> with TemporaryDirectory() as folder:
    ...     halton(ParameterSpace(x=Real(0, 1)), 8, rng=1).to_csv(f"{folder}/plan.csv")
    ...     load_design(f"{folder}/plan.csv").extend(12)
    <Design: 12 points of 1 factors, halton(n=12, scramble=True)>
    """
    file = Path(path)
    if not file.is_file():
        raise DesignError(f"load_design: there is no file {str(path)!r}")
    with file.open("rb") as opened:
        is_parquet = opened.read(4) == b"PAR1"
    return (Design.from_parquet if is_parquet else Design.from_csv)(file, longer=LONGER)
