"""Questions in SQL to the tables of results, through DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["ask"]


def ask(results: Results, sql: str) -> pd.DataFrame:
    """Return what the tables answer, as :meth:`Results.query` does.

    Parameters
    ----------
    results : Results
    sql : str

    Returns
    -------
    DataFrame

    Raises
    ------
    AnalysisError
        With the tables that there are and their columns, if DuckDB refuses the question.
    """
    duckdb = require("duckdb", extra="sql")
    tables = {
        **{f"table_{n}" if n in results.agents else n: t for n, t in results.tables.items()},
        **results.agents,
        "model": results.model,
        "runs": results.runs.reset_index(),
    }
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        for name, frame in tables.items():
            connection.register(name, frame)
        try:
            connection.execute(sql)
            answer: pd.DataFrame = connection.df()
        except duckdb.Error as error:
            there = "\n".join(f"  - {name}: {', '.join(map(str, frame))}" for name, frame in tables.items())
            raise AnalysisError(
                f"DuckDB cannot answer {sql!r}: {error}\nThe tables and their columns:\n{there}"
            ) from error
    return answer
