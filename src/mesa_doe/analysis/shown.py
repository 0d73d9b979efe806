"""Results as a notebook shows them, and as labelled arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mesa_doe._optional import require

__all__ = ["as_html", "labelled", "method_name", "notes_of"]

# Abbreviations of the field; other methods are words.
_ABBREVIATED = {"rbd_fast": "RBD-FAST", "enhanced_hdmr": "Enhanced HDMR"} | {
    name: name.upper() for name in ("anova", "dgsm", "fast", "hdmr", "pawn", "rsa")
}


def method_name(method: str) -> str:
    """Return the name of an analysis as the field writes it, to stand at the beginning of a title.

    Parameters
    ----------
    method : str

    Returns
    -------
    str

    Examples
    --------
    >>> method_name("rbd_fast"), method_name("one_at_a_time")
    ('RBD-FAST', 'One at a time')
    """
    return _ABBREVIATED.get(method, method.replace("_", " ").capitalize())


def as_html(parts: Iterable[tuple[str, pd.DataFrame | None]], said: Iterable[str]) -> str:
    """Write titles with their tables, and what must be known of them, as HTML.

    Parameters
    ----------
    parts : iterable of (str, DataFrame or None)
        Titles, and the table of each.
    said : iterable of str
        A paragraph each.

    Returns
    -------
    str

    Examples
    --------
    >>> as_html([("a < b", None)], ["Note: few runs"])
    '<p><b>a &lt; b</b></p><p>Note: few runs</p>'
    """
    from html import escape

    written = []
    for title, table in parts:
        written.append(f"<p><b>{escape(title)}</b></p>" if title else "")
        if table is not None:
            written.append(table.to_html(index=False, float_format="{:z.3f}".format, na_rep=""))
    return "".join([*written, *(f"<p>{escape(text)}</p>" for text in said)])


def notes_of(*said: Iterable[str]) -> list[str]:
    """Write what must be known of a result, a line each.

    Examples
    --------
    >>> notes_of(("few runs",), ())
    ['Note: few runs']
    """
    return [f"Note: {text}" for texts in said for text in texts]


def labelled(
    rows: pd.DataFrame, labels: Mapping[str, Sequence[Any]], columns: Mapping[str, str] | Sequence[str]
) -> Any:
    """Return columns of a tidy frame as arrays over its labels.

    Parameters
    ----------
    rows : DataFrame
        One row a combination of labels, those of the last dimension changing fastest.
    labels : mapping of sequences
        Of each dimension.
    columns : mapping of str, or sequence of str
        Which columns, and what they are called.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    MissingDependencyError
        If xarray is not installed.

    Examples
    --------
    >>> rows = pd.DataFrame({"share": [0.1, 0.9, 0.4, 0.6]})
    >>> cube = labelled(rows, {"level": [1, 2], "word": ["a", "b"]}, ["share"])
    >>> float(cube["share"].sel(level=2, word="a"))
    0.4
    """
    xarray = require("xarray", extra="xarray")
    named = columns if isinstance(columns, Mapping) else dict(zip(columns, columns, strict=True))
    shape = [len(of_dimension) for of_dimension in labels.values()]
    return xarray.Dataset(
        {name: (tuple(labels), rows[column].to_numpy().reshape(shape)) for column, name in named.items()},
        # Labels stay the objects that they are: a tuple is one of them, and no level of several.
        {
            dimension: pd.Index(list(names), dtype=object, tupleize_cols=False).infer_objects()
            for dimension, names in labels.items()
        },
    )
