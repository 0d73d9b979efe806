"""``tabulate`` among the analyses: it counts outcomes, of words too, and takes runs and no design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesa_doe.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd

    from mesa_doe.analysis import Tabulation
    from mesa_doe.results import Results

__all__ = ["TABULATE", "Tabulated"]

#: Its name as a method.
TABULATE = "tabulate"


@dataclass(frozen=True)
class Tabulated:
    """What was counted of outputs, to be printed as other analyses are.

    Parameters
    ----------
    tables : mapping of str to Tabulation
        By the names of the outputs.
    """

    tables: Mapping[str, Tabulation]

    @classmethod
    def of(cls, results: Results, outputs: Iterable[str], **options: Any) -> Tabulated:
        """Count outputs.

        Raises
        ------
        AnalysisError
            As ``results.tabulate`` does, or if another value of a run than its last is asked for.
        """
        if (at := options.pop("at", "final")) != "final":
            raise AnalysisError(
                f"tabulate counts the last value of each run, which at='final' is, got at={at!r}"
            )
        return cls({output: results.tabulate(output, **options) for output in outputs})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What changes the meaning of the figures."""
        return tuple(f"{output!r}: {text}" for output, one in self.tables.items() for text in one.warnings)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else must be known: nothing."""
        return ()

    @property
    def steps(self) -> list[Any]:
        """The steps over time: none."""
        return []

    def to_frame(self) -> pd.DataFrame:
        """Return one row an output, factor, level and category, with what is said of the whole factor."""
        import pandas as pd

        frames = []
        for output, one in self.tables.items():
            frame = one.to_frame().merge(one.association, on="factor", how="left")
            frame.insert(0, "output", output)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def __str__(self) -> str:
        return "\n\n".join(f"{TABULATE}: {output!r}\n{one}" for output, one in self.tables.items())
